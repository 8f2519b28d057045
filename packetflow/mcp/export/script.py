"""The text of an exported program: one Python file that says at its top what runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from packetflow.mcp.export import starting
from packetflow.mcp.export.archive import in_lines

WIDTH: Final = 100
PYTHON: Final = ">=3.11"

_FIRST: Final = """import sys

if sys.version_info < (3, 11):
    sys.exit("error: this needs Python 3.11 or newer; `uv run --script` brings it")
if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # nothing that lies beside this file is imported
"""
_START: Final = """
if __name__ == "__main__":
    sys.exit(main(Export(NAME, VERSION, FILES, ATTACHMENTS, CORE, NEEDS, READY)))
"""


@dataclass(frozen=True)
class Program:
    """What goes into an exported program.

    Attributes:
        name: What it is called.
        version: Its version.
        about: What it is, for whoever opens the file: paragraphs.
        files: A workspace, as text by path.
        attachments: Other files of the workspace by path, those that are no text.
        core: What travels of packetflow, as `archive.packed` gives it.
        needs: Distributions, ``name==version``.
        ready: The capabilities of the library that it uses.
    """

    name: str
    version: str
    about: Sequence[str]
    files: Mapping[str, str]
    core: str
    needs: Sequence[str] = ()
    ready: Sequence[str] = ()
    attachments: Mapping[str, bytes] = field(default_factory=dict)


def script_of(program: Program, *, alone: bool = True) -> str:
    """The text of a program.

    Args:
        program: What goes into it.
        alone: Whether it says itself what it needs; else a project beside it does.
    """
    parts = [_header(program.needs)] if alone else []
    parts += [_doc(program.about), _FIRST, _assigned("NAME", program.name)]
    parts += [_assigned("VERSION", program.version), _listed("NEEDS", program.needs)]
    parts += [_listed("READY", program.ready), _rule("The workspace: what runs when it is called")]
    parts += [_texts("FILES", program.files)]
    blobs = {path: in_lines(one) for path, one in program.attachments.items()}
    parts += [_texts("ATTACHMENTS", blobs) if blobs else "ATTACHMENTS = {}\n"]
    parts += [_rule("How it starts"), _starting()]
    parts += [_rule("The part of PacketFlow that runs it"), f'CORE = """\n{program.core}\n"""\n']
    return "\n".join([*parts, _START])


def _header(needs: Sequence[str]) -> str:
    lines = ["# /// script", f'# requires-python = "{PYTHON}"', "# dependencies = ["]
    lines += [f'#   "{one}",' for one in needs]
    return "\n".join(["#!/usr/bin/env -S uv run --script", *lines, "# ]", "# ///", ""])


def _doc(about: Sequence[str]) -> str:
    told = "\n\n".join(about).replace("\\", "\\\\").replace('"', "'")
    return f'"""{told}\n"""\n'


def _rule(title: str) -> str:
    return f"\n# {'-' * (WIDTH - 2)}\n# {title}\n# {'-' * (WIDTH - 2)}\n"


def _assigned(name: str, value: str) -> str:
    return f"{name} = {value!a}\n"


def _listed(name: str, values: Sequence[str]) -> str:
    lines = "".join(f"    {one!a},\n" for one in values)
    return f"{name} = [\n{lines}]\n" if values else f"{name} = []\n"


def _texts(name: str, texts: Mapping[str, str]) -> str:
    lines = "".join(f"    {path!a}: {literal(chr(10) + text)},\n" for path, text in texts.items())
    return f"{name} = {{\n{lines}}}\n"


def literal(text: str) -> str:
    r"""A text as a literal of Python whose lines stand as they are, where they can.

    >>> print(literal('\na = "b"\n'))
    r'''
    a = "b"
    '''
    """
    if all(sign in "\n\t" or sign.isprintable() for sign in text):
        for quotes in ("'''", '"""'):
            tried = f"r{quotes}{text}{quotes}"
            if _says(tried, text):
                return tried
    kept = text.replace("\\", "\\\\").replace("'''", "\\'\\'\\'")
    kept = "".join(sign if sign == "\n" or sign.isprintable() else _escaped(sign) for sign in kept)
    return f"'''{kept[:-1]}\\''''" if kept.endswith("'") else f"'''{kept}'''"


def _escaped(sign: str) -> str:
    """A sign that cannot be seen, so that it can be."""
    return ascii(sign)[1:-1]


def _says(tried: str, text: str) -> bool:
    try:
        return bool(ast.literal_eval(tried) == text)
    except (SyntaxError, ValueError):
        return False


def _starting() -> str:
    """The text of `starting`, from its first import on."""
    text = Path(starting.__file__).read_text("utf-8")
    return text[text.index("import argparse") :].rstrip() + "\n"
