"""Inputs from the command line: files of JSON or YAML, and ``name=value`` read by its type."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_origin

import typer

from packetflow.capabilities.contract import Contract, Port, type_name
from packetflow.capabilities.signature import fields_of
from packetflow.errors import (
    MissingInput,
    UnknownName,
    UnreadableInput,
    WorkspaceError,
    WrongType,
)

_BRACKETS = ("{", "[", '"')
_NESTED = (dict, list, tuple, set, Mapping)


@dataclass(frozen=True)
class Given:
    """Where inputs are.

    Attributes:
        file: A JSON or YAML file, beside the caller or in the workspace; ``-`` for *piped*.
        piped: What standard input held.
        words: ``name=value`` each; they win over the file.
    """

    file: str | None = None
    piped: str | None = None
    words: Iterable[str] = ()


def read(contract: Contract, given: Given, folder: Path, *, whole: bool = True) -> dict[str, Any]:
    """Gather the inputs of a run.

    Args:
        contract: What is wanted.
        given: Where they are.
        folder: The workspace folder.
        whole: Everything that is needed must be there.

    Raises:
        WorkspaceError: The file is missing or does not parse.
        UnknownName: Nothing of that name is read.
        UnreadableInput: A value should be JSON and is none.
        WrongType: A value does not fit its type.
        MissingInput: Something needed is not given.
    """
    inputs = {} if given.file is None else placed(contract, _content(given, folder), given.file)
    for word in given.words:
        name, value = parsed(contract, word)
        inputs[name] = value
    for name in inputs:
        port_of(contract, name)
    missing = [port for port in contract.requires if not port.optional and port.name not in inputs]
    if whole and missing:
        first = missing[0]
        how = f"give {first.name}={_sample(first)}, or --input FILE"
        error = MissingInput([port.name for port in missing], "it")
        error.args = (f"{error.message}; {how}",)
        raise error
    return inputs


def _sample(port: Port) -> str:
    """What to write for a value: its type, or the fields of a record as JSON."""
    fields = fields_of(port.type)
    if not fields:
        return f"<{type_name(port.type)}>"
    named = (f'"{one.name}": <{type_name(one.type)}>' for one in fields)
    return shlex.quote(f"{{{', '.join(named)}}}")


def port_of(contract: Contract, name: str) -> Port:
    """The input of that name.

    Raises:
        UnknownName: There is none.
    """
    port = contract.inputs.get(name)
    if port is None:
        near = get_close_matches(name, contract.inputs, 1) or list(contract.inputs)[:3]
        raise UnknownName("input", name, near)
    return port


def parsed(contract: Contract, word: str) -> tuple[str, Any]:
    """Read ``name=value`` by the type of the input.

    >>> parsed(Contract((Port("sizes", list[int]), Port("name", str))), "sizes=[1, 2]")
    ('sizes', [1, 2])
    """
    name, mark, text = word.partition("=")
    if not mark:
        first = next(iter(contract.requires), None)
        mend = "" if first is None else f"; perhaps {first.name}={word}"
        raise typer.BadParameter(f"{word!r} is no NAME=VALUE{mend}")
    port = port_of(contract, name.strip())
    return port.name, by_type(port, text)


def by_type(port: Port, text: str) -> Any:
    """Read a text as a value of a port: as it is where text fits, else as JSON.

    Raises:
        UnreadableInput: It should be JSON and is none.
        WrongType: It does not fit.
    """
    from pydantic import ValidationError

    from packetflow.capabilities.validate import reason, validator

    if port.type is str:
        return text
    candidates: list[Any] = [text]
    fault: json.JSONDecodeError | None = None
    try:
        candidates.insert(0, json.loads(text))
    except json.JSONDecodeError as error:
        fault = error
    check = validator(port.type)
    if check is None:
        return candidates[0]
    said = ""
    for candidate in candidates:
        try:
            return check(candidate)
        except ValidationError as error:
            said = said or reason(error)
    kind = type_name(port.type)
    if fault is not None and (text.lstrip()[:1] in _BRACKETS or _is_kind(port, _NESTED)):
        where = f"{fault.msg[:1].lower()}{fault.msg[1:]} at character {fault.pos + 1}"
        raise UnreadableInput(port.name, kind, where)
    plain = isinstance(port.type, type) or get_origin(port.type) is Literal
    if plain and not _is_kind(port, _NESTED) and not port.secret:
        said = f"not {text!r}"
    raise WrongType(port.name, "the inputs", f"must be {kind}, {said}")


def placed(contract: Contract, content: Any, name: str) -> dict[str, Any]:
    """A file's mapping of inputs; or, if it fits only so, the value of the one needed input.

    Args:
        contract: What is wanted.
        content: What the file holds.
        name: What to call the file.

    Raises:
        WorkspaceError: It holds neither.
    """
    needed = [port for port in contract.requires if not port.optional]
    if isinstance(content, Mapping):
        known = not content or any(key in contract.inputs for key in content)
        if known or len(needed) != 1 or not _is_kind(needed[0], (dict, Mapping)):
            return {str(key): value for key, value in content.items()}
        return {needed[0].name: dict(content)}
    if isinstance(content, list) and len(needed) == 1 and _is_kind(needed[0], (list, tuple)):
        return {needed[0].name: content}
    name = "standard input" if name == "-" else name
    wanted = ", ".join(contract.inputs) or "nothing"
    raise WorkspaceError(f"{name} must hold a mapping of inputs ({wanted})", path=name)


def _is_kind(port: Port, kinds: tuple[type, ...]) -> bool:
    kind = get_origin(port.type) or port.type
    if kind is Any:
        return True
    if not isinstance(kind, type):
        return False
    is_record = hasattr(kind, "__annotations__") and Mapping in kinds
    return is_record or issubclass(kind, kinds)


def _content(given: Given, folder: Path) -> Any:
    if given.piped is not None:
        return _decoded(given.piped, "standard input", ".yaml")
    file = given.file or ""
    path = Path(file)
    if not path.is_file() and not path.is_absolute() and (folder / path).is_file():
        path = folder / path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise WorkspaceError(f"there is no file {file}", path=file) from error
    except IsADirectoryError as error:
        raise WorkspaceError(f"{file} is a folder; give a JSON or YAML file", path=file) from error
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be read: {error.strerror}", path=file) from error
    except UnicodeDecodeError as error:
        raise WorkspaceError(f"{file} is no UTF-8 text; save it as UTF-8", path=file) from error
    return _decoded(text, file, path.suffix.lower())


def _decoded(text: str, name: str, suffix: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        if suffix not in {".yaml", ".yml"}:
            raise WorkspaceError(f"{name} is no JSON: {error}", path=name) from error
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(text)
    except YAMLError as error:
        said = " ".join(str(error).split())
        raise WorkspaceError(f"{name} is no YAML: {said}", path=name) from error
