"""README, docs and CHANGELOG are true: their Python runs, their links lead somewhere.

A block marked ```` ```python ```` runs, in one namespace per file and in an empty folder, with
``await`` allowed at the top as in a notebook; one marked ```` ```python no-run ```` does not.
"""

import ast
import asyncio
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+)(?P<said>[^`]*)$")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@dataclass
class Block:
    """A fenced block: what follows the fence, the line number of its first line, its lines."""

    said: str
    line: int
    lines: list[str]


def split(text: str) -> tuple[list[Block], list[str]]:
    """Part a page into its fenced blocks and the lines outside of them."""
    blocks: list[Block] = []
    outside: list[str] = []
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        if not fence and mark:
            fence = mark["ticks"]
            blocks.append(Block(mark["said"].strip(), number + 1, []))
        elif fence and mark and mark["ticks"].startswith(fence) and not mark["said"].strip():
            fence = ""
        elif fence:
            blocks[-1].lines.append(line)
        else:
            outside.append(line)
    return blocks, outside


def python_blocks(page: Path) -> list[Block]:
    return [block for block in split(page.read_text("utf-8"))[0] if block.said == "python"]


def run_blocks(page: Path, blocks: list[Block]) -> dict[str, object]:
    """Run a page's blocks one after the other; a traceback shows the page's own lines."""
    module = ModuleType(f"page_{page.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    try:
        with asyncio.Runner() as runner:
            for block in blocks:
                source = "\n" * (block.line - 1) + "\n".join(block.lines)
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                code = compile(source, str(page), "exec", flags, dont_inherit=True)
                ended = eval(code, module.__dict__)
                if inspect.iscoroutine(ended):
                    runner.run(ended)
    finally:
        del sys.modules[module.__name__]
    return module.__dict__


def slugs(text: str) -> Iterator[str]:
    """Give the anchors that a page's headings have on the usual code hosts."""
    for line in split(text)[1]:
        if title := re.match(r"#{1,6} +(.+?) *#*$", line):
            kept = re.sub(r"[^\w\- ]", "", title[1].lower())
            yield kept.replace(" ", "-")


def dead_links(page: Path) -> Iterator[str]:
    for target in LINK.findall("\n".join(split(page.read_text("utf-8"))[1])):
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        aim = page.parent / name if name else page
        if not aim.exists() or (
            anchor and aim.suffix == ".md" and anchor not in slugs(aim.read_text("utf-8"))
        ):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    run_blocks(page, python_blocks(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_links_of_a_page_lead_somewhere(page: Path):
    assert list(dead_links(page)) == []


def test_a_page_may_await_and_shares_its_names(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("```python\nimport asyncio\n```\n```python\nx = await asyncio.sleep(0, 7)\n```")

    assert run_blocks(page, python_blocks(page))["x"] == 7


def test_a_failing_block_is_reported_with_the_line_of_its_page(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# A\n\n```python\nx = 1\nx / 0\n```\n```python no-run\nnonsense\n```\n")

    with pytest.raises(ZeroDivisionError) as failure:
        run_blocks(page, python_blocks(page))

    assert failure.traceback[-1].lineno + 1 == 5


def test_a_link_to_a_missing_page_or_heading_is_dead(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# A title!\n[a](#a-title) [b](#nowhere) [c](gone.md) [d](https://e.org)\n")

    assert list(dead_links(page)) == ["#nowhere", "gone.md"]


def test_the_changelog_keeps_its_form():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    releases = re.findall(r"^## (.+)$", text, re.MULTILINE)
    dated = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (.+)", title) for title in releases[1:]]
    versions = [tuple(map(int, match[1].split("."))) for match in dated if match]

    assert text.startswith("# Changelog\n")
    assert "keepachangelog.com" in text
    assert releases[0] == "[Unreleased]"
    assert len(versions) == len(dated)
    assert versions == sorted(versions, reverse=True)
    assert all(date.fromisoformat(match[2]) for match in dated if match)
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= KINDS
    assert not re.search(r"^### .+\n+(?:#|\Z)", text, re.MULTILINE)
