from pathlib import Path

import pytest

from packetflow import Context
from packetflow.errors import LibraryError
from packetflow.library.paths import existing, existing_file, writable, write_whole


def test_a_file_beside_the_program_comes_before_one_in_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "a").write_text("")
    monkeypatch.chdir(tmp_path)
    context = Context(workspace=str(tmp_path / "ws"))

    assert existing("a", context) == tmp_path / "ws" / "a"
    (tmp_path / "a").write_text("")
    assert existing("a", context) == Path("a")


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("", "is empty"),
        ("no/such", "there is no folder no"),
        ("a\x00b", "no usable path|cannot find"),
    ],
)
def test_what_is_not_there_says_why(path: str, complaint: str) -> None:
    with pytest.raises(LibraryError, match=complaint):
        existing(path)


def test_what_is_not_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    context = Context(workspace=str(tmp_path))

    with pytest.raises(LibraryError, match="nothing of that name is in ") as told:
        existing("nope.csv", context)

    assert str(tmp_path.resolve()) in str(told.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="is a folder"):
        existing_file(str(tmp_path))
    with pytest.raises(LibraryError, match="is a folder"):
        writable(str(tmp_path))


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")

    with pytest.raises(LibraryError, match="cannot make the folder"):
        writable(str(tmp_path / "a" / "b" / "c"))


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "gone" / "x"

    with pytest.raises(LibraryError, match="cannot write 'x'"):
        write_whole(place, b"")
    assert list(tmp_path.iterdir()) == []
