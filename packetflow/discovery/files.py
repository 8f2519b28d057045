"""Read capability files: run them, pick what they declare, keep the last version that worked."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import sys
import traceback
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packetflow.composition.capability import Capability
from packetflow.composition.steps import Pipeline
from packetflow.engine.importing import import_file


@dataclass(frozen=True)
class Broken:
    """A file that cannot be used as it is.

    Attributes:
        file: Its path.
        line: Where, counted from 1; 0 when unknown.
        error: What is wrong, in one sentence.
        using_last_good: True when its last version that worked is used instead.
    """

    file: str
    line: int
    error: str
    using_last_good: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        more = "; its last good version is used" if self.using_last_good else ""
        return f"{place}: {self.error}{more}"


@dataclass(frozen=True)
class Loaded:
    """What a capability file gave.

    Attributes:
        file: Its path.
        sha: The sha256 of its bytes, in hex.
        capabilities: Those it declares, in the order of their names in the file; none for a
            file whose name begins with ``_``, which is for others to import.
        pipelines: Pipelines it builds in Python.
        broken: What is wrong with it now, if anything.
    """

    file: str
    sha: str
    capabilities: tuple[Capability[..., Any], ...]
    pipelines: tuple[Pipeline, ...]
    broken: Broken | None = None


def load_file(path: Path, package: str, keep: Path | None) -> Loaded:
    """Run one capability file.

    A file that fails does not raise: the last version that worked, kept in the folder *keep*, is
    used instead, and the answer says what is wrong.

    Args:
        path: The file.
        package: The package its module is made part of.
        keep: Where good versions are kept; ``None`` keeps none.
    """
    name = f"{package}.{path.stem}"
    try:
        content = path.read_bytes()
    except OSError as error:
        return Loaded(str(path), "", (), (), Broken(str(path), 0, f"cannot be read: {error}"))
    sha = hashlib.sha256(content).hexdigest()
    good = None if keep is None else keep / path.name
    try:
        capabilities, pipelines = _run(name, path)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a border: the file is the user's
        return _fallen_back(path, name, sha, good, error)
    if good is not None:
        _keep(path, good, sha)
    return Loaded(str(path), sha, capabilities, pipelines)


def _run(name: str, path: Path) -> tuple[tuple[Capability[..., Any], ...], tuple[Pipeline, ...]]:
    # what it prints must not get between what a program answers on its standard output
    with contextlib.redirect_stdout(sys.stderr):
        module = import_file(name, path)
    if path.name.startswith("_"):
        return (), ()
    values = list(vars(module).values())
    own = tuple(
        value
        for value in values
        if isinstance(value, Capability) and getattr(value.fn, "__module__", name) == name
    )
    return own, tuple(value for value in values if isinstance(value, Pipeline))


def _fallen_back(  # noqa: PLR0917 - all of one kind
    path: Path, name: str, sha: str, good: Path | None, error: BaseException
) -> Loaded:
    said = f"{type(error).__name__}: {error}{_mend_of(error)}"
    broken = Broken(str(path), _line_of(error, path), said)
    if good is None or not good.is_file():
        return Loaded(str(path), sha, (), (), broken)
    try:
        capabilities, pipelines = _run(name, good)
    except (Exception, SystemExit):  # noqa: BLE001 - a border: the file is the user's
        return Loaded(str(path), sha, (), (), broken)
    broken = Broken(broken.file, broken.line, broken.error, using_last_good=True)
    return Loaded(str(path), sha, capabilities, pipelines, broken)


def _mend_of(error: BaseException) -> str:
    if not isinstance(error, ModuleNotFoundError):
        return ""
    return f"; a package is installed by `{sys.executable} -m pip install NAME`"


def _line_of(error: BaseException, path: Path) -> int:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if f.filename == str(path)), 0)


def _keep(path: Path, good: Path, sha: str) -> None:
    try:
        if good.is_file() and hashlib.sha256(good.read_bytes()).hexdigest() == sha:
            return
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha:
            return  # written again meanwhile: nobody knows whether this works
        good.parent.mkdir(parents=True, exist_ok=True)
        good.with_suffix(".new").write_bytes(content)
        good.with_suffix(".new").replace(good)
    except OSError:
        return  # without a kept version a later mistake simply shows at once


def forget_gone(keep: Path, stems: Container[str]) -> None:
    """Take away good versions of files that are gone: a new file of that name is another one.

    Args:
        keep: Where good versions are kept.
        stems: The names, without ``.py``, of the files that are there.
    """
    for good in keep.glob("*.py"):
        if good.stem not in stems:
            good.unlink(missing_ok=True)


def source_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """The Python files of a folder with their sha256, so that each comes after what it imports.

    Files that import each other in a ring come in any order: running them says what is wrong.
    """
    contents: dict[str, tuple[Path, bytes]] = {}
    for path in sorted(folder.glob("*.py")):
        if path.name == "__init__.py" or is_hidden(path):
            continue
        try:
            contents[path.stem] = (path, path.read_bytes())
        except OSError:
            contents[path.stem] = (path, b"")  # running it says what is wrong
    ordered: dict[str, tuple[Path, str]] = {}
    for stem in contents:
        _place(stem, contents, ordered, set())
    return ordered


def is_hidden(path: Path) -> bool:
    """Tell whether a file is nobody's work: editors and systems keep such beside what is edited."""
    return path.name.startswith(".")


def _place(
    stem: str,
    contents: Mapping[str, tuple[Path, bytes]],
    ordered: dict[str, tuple[Path, str]],
    above: set[str],
) -> None:
    if stem in ordered or stem in above:
        return
    path, content = contents[stem]
    for other in sorted(imported_siblings(content) & contents.keys()):
        _place(other, contents, ordered, above | {stem})
    ordered[stem] = (path, hashlib.sha256(content).hexdigest())


def imported_siblings(content: bytes) -> set[str]:
    r"""The names of the files beside it that a file imports (``from .other import x``).

    >>> sorted(imported_siblings(b"from .shapes import Shape\nfrom . import units"))
    ['shapes', 'units']
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            if node.module:
                found.add(node.module.partition(".")[0])
            else:
                found.update(alias.name for alias in node.names)
    return found


def siblings_of(path: Path) -> set[str]:
    """What a capability file imports of those beside it; nothing when it cannot be read."""
    try:
        return imported_siblings(path.read_bytes())
    except OSError:
        return set()
