"""The runner of the benchmarks finds them and says what went wrong."""

from pathlib import Path

import pytest

from tests.bench.__main__ import benchmarks, main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bench_fast.py").write_text('"""How fast it is.\n\nMore."""\ndef main(): ...\n')
    (tmp_path / "other.py").write_text("")
    return tmp_path


def test_a_benchmark_is_known_by_its_file_and_its_first_line(folder: Path):
    assert benchmarks(folder) == {"fast": "How fast it is."}


def test_an_unknown_benchmark_is_wrong_usage_and_names_the_known(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as ended:
        main(["fats"], folder)

    assert ended.value.code == 2
    assert "no benchmark fats; there are: fast" in capsys.readouterr().err


def test_every_benchmark_of_the_project_can_be_called_and_says_what_it_measures():
    for name, about in benchmarks().items():
        assert about, name
        source = Path(__file__).parent / "bench" / f"bench_{name}.py"
        assert "\ndef main(" in source.read_text("utf-8"), name
