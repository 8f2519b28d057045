"""The notebooks are committed as written: no outputs, no leftovers, links that lead somewhere.

That they run is the docs stage's work (``--nbmake notebooks``).
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)")


def cells(book: Path, kind: str) -> list[dict]:
    return [one for one in json.loads(book.read_text("utf-8"))["cells"] if one["cell_type"] == kind]


def text(book: Path, kind: str) -> str:
    return "\n".join("".join(one["source"]) for one in cells(book, kind))


def test_there_are_seven_and_the_readme_names_each():
    readme = (ROOT / "README.md").read_text("utf-8")

    assert len(BOOKS) == 7
    assert [book.name for book in BOOKS if f"notebooks/{book.name}" not in readme] == []


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_no_output_is_committed(book: Path):
    code = cells(book, "code")

    assert [one["source"] for one in code if one["outputs"] or one["execution_count"]] == []


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_links_lead_somewhere(book: Path):
    targets = [match["target"] for match in LINK.finditer(text(book, "markdown"))]

    assert targets
    assert [one for one in targets if not (book.parent / one).exists()] == []


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_it_works_in_a_temporary_folder_and_takes_it_away(book: Path):
    first, *_, last = ["".join(one["source"]) for one in cells(book, "code")]

    assert "tempfile.TemporaryDirectory()" in first
    assert last == "ws.close()\nfolder.cleanup()"
