from pathlib import Path

import pytest
from pypdf.errors import DependencyError

from packetflow import Context
from packetflow.errors import LibraryError
from packetflow.library.documents import list_documents, read_document

SAMPLES = Path(__file__).parents[3] / "data" / "files" / "documents"


def test_a_pdf_gives_its_title_and_a_text_per_page() -> None:
    document = read_document(str(SAMPLES / "maps.pdf"))

    assert document["title"] == "Maps and territories"
    assert document["pages"] == 2
    assert "compass" in document["page_texts"][0]
    assert "without a map" in document["page_texts"][1]


def test_html_gives_its_title_and_text_without_scripts() -> None:
    document = read_document(str(SAMPLES / "lighthouse.html"))

    assert document["title"] == "The lighthouse keeper"
    assert "slept by day" in document["text"]
    assert "console.log" not in document["text"]
    assert "navy" not in document["text"]


def test_front_matter_names_a_markdown_file_and_is_left_out() -> None:
    document = read_document(str(SAMPLES / "bread.md"))

    assert document["title"] == "Bread with four ingredients"
    assert document["text"].startswith("Flour")


def test_the_first_heading_names_a_markdown_file() -> None:
    assert read_document(str(SAMPLES / "city-gardens.md"))["title"] == "City gardens"


def test_the_first_line_names_a_text_file() -> None:
    assert read_document(str(SAMPLES / "tides.txt"))["title"] == "How tides work"


def test_a_path_is_found_in_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello there")

    document = read_document("a.txt", context=Context(workspace=str(tmp_path)))

    assert document["text"] == "Hello there"


def test_an_old_windows_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("größer".encode("cp1252"))

    assert read_document(str(tmp_path / "a.txt"))["text"] == "größer"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.docx", b"PK", "save it as one of these"),
        ("a.txt", b"  \n", "it is empty"),
        ("a.txt", b"\x00\x01\x02", "no text file"),
        ("a.pdf", b"%PDF-1.4 nonsense", "no PDF that can be read"),
        ("a.pdf", b"", "no PDF that can be read"),
        ("a.md", b"", "it is empty"),
        ("a.html", b"<p></p>", "it is empty"),
    ],
)
def test_unreadable_documents_say_why(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(LibraryError, match=complaint):
        read_document(str(tmp_path / name))


def test_a_missing_document_offers_the_nearest_name() -> None:
    with pytest.raises(LibraryError, match=r"did you mean 'maps.pdf'"):
        read_document(str(SAMPLES / "map.pdf"))


def test_documents_are_listed_by_name_without_hidden_or_other_files(tmp_path: Path) -> None:
    for name in ("b.md", "a.txt", ".hidden.md", "c.png"):
        (tmp_path / name).write_text("x")

    assert [Path(p).name for p in list_documents(str(tmp_path))] == ["a.txt", "b.md"]


@pytest.mark.parametrize("pattern", ["../*", "", "/etc/*"])
def test_a_pattern_may_not_leave_its_folder(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(LibraryError, match="must stay"):
        list_documents(str(tmp_path), pattern)


def test_a_folder_without_documents_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no document"):
        list_documents(str(tmp_path))


def test_a_comment_in_a_listing_is_no_heading(tmp_path: Path) -> None:
    (tmp_path / "n.md").write_text("```\n# a remark\n```\n\n## The heading\n")

    assert read_document(str(tmp_path / "n.md"))["title"] == "The heading"


def test_a_pdf_that_needs_more_than_is_installed_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DependencyError("cryptography>=3.1 is required for AES algorithm")

    monkeypatch.setattr("pypdf.PdfReader", refuse)
    (tmp_path / "locked.pdf").write_bytes(b"%PDF-1.7\n")

    with pytest.raises(LibraryError, match=r"'locked.pdf' is encrypted; install .* cryptography"):
        read_document(str(tmp_path / "locked.pdf"))
