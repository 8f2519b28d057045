from pathlib import Path

import pytest

from tests.packetflow.mcp.export.workplace import HEAD, TOOL, carried, refusal, written


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("def f():\n    return open('data/x.csv').read()", ["data/x.csv"]),
        ("""\
from pathlib import Path


def f():
    return (Path(__file__).parent / 'x.txt').read_text()""", ["capabilities/x.txt"]),
        ("""\
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEXTS = HERE / 'texts'


def f(n='a'):
    return (TEXTS / f'{n}.txt').read_text()""",
            ["capabilities/texts/a.txt", "capabilities/texts/b.txt"],
        ),
        ("""\
import os


def f():
    return open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'data/x.csv'))""",
            ["data/x.csv"],
        ),
        ("""\
from pathlib import Path


def f():
    return Path(__file__).parents[1].joinpath('data', 'x.csv').read_text()""", ["data/x.csv"]),
        ("def f(path='data/x.csv'):\n    return path", ["data/x.csv"]),
        ("""\
def f():
    return open('data/x.csv', 'w'), 'data', 'not/there.csv', 'https://data/x.csv'""", []),
        ("def f():\n    return list(__import__('pathlib').Path('data').iterdir())", ["data/x.csv"]),
    ],
)  # fmt: skip
def test_files_that_code_names_travel(tmp_path: Path, code: str, files: list[str]):
    written(
        tmp_path,
        {
            "capabilities/a.py": HEAD + code + "\n\n\n" + TOOL.format("len(str(f)) and n"),
            "capabilities/x.txt": "beside",
            "capabilities/texts/a.txt": "a",
            "capabilities/texts/b.txt": "b",
            "data/x.csv": b"a,b\r\n\xff",
        },
    )

    found = carried(tmp_path, "tool").attachments

    assert list(found) == files
    assert all(content == (tmp_path / path).read_bytes() for path, content in found.items())


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("open('.env')", "a.py:5: reads '.env', which is hidden, and may hold secrets"),
        ("open('big.bin', 'rb')", "capabilities/a.py:5: reads 'big.bin', which has more than 1 MB"),
        (
            "open(str(__import__('pathlib').Path(__file__).parent / f.name))",
            "whose name is only known when it runs",
        ),
        ("open('{here}/data.txt')", "says where 'data.txt' lies on this machine"),
        ("open('../outside.txt')", "'../outside.txt', which lies outside of the workspace"),
    ],
)  # fmt: skip
def test_files_that_cannot_travel_are_refused(tmp_path: Path, code: str, what: str):
    here = tmp_path / "here"
    code = code.replace("{here}", str(here))
    written(
        here,
        {
            "capabilities/a.py": HEAD
            + f"def f():\n    return {code}\n\n\n"
            + TOOL.format("len(str(f))"),
            ".env": "KEY=1",
            "big.bin": b"0" * 1_000_001,
            "data.txt": "x",
            "../outside.txt": "x",
        },
    )

    (told,) = refusal(here, "tool")

    assert what in told


def test_a_link_to_a_hidden_file_is_as_hidden(tmp_path: Path):
    code = "def f():\n    return open('data/key.txt').read()\n\n\n"
    for text in (code, code.replace("/key.txt", "")):
        here = tmp_path / str(len(text))
        written(
            here,
            {
                "capabilities/a.py": HEAD + text + TOOL.format("len(str(f))"),
                ".env": "KEY=1",
                "data/plain.txt": "x",
            },
        )
        (here / "data" / "key.txt").symlink_to(here / ".env")

        (told,) = refusal(here, "tool")

        assert "which is hidden, and may hold secrets" in told
