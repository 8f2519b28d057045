"""Say which capabilities and pipelines are tools, and what for, in files that git can compare.

A pipeline says it itself (``exposed: true`` in its file); capabilities stand in
``packetflow.toml``, so that those of the library can be offered too.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from packetflow.capabilities.tool_names import refuse_clash
from packetflow.composition.edit import apply
from packetflow.errors import CompositionError, UnknownName, WorkspaceError
from packetflow.kernel.cards import Listing
from packetflow.mcp.offers import refusal
from packetflow.mcp.settings import read_settings, write_exposed
from packetflow.mcp.tools import Card


def exposed_names(listing: Listing, folder: Path) -> list[str]:
    """The capabilities and pipelines that should be tools, in order.

    Raises:
        WorkspaceError: The settings cannot be read.
    """
    own = [one.name for one in listing.pipelines if one.exposed]
    return sorted({*own, *read_settings(folder).expose})


def expose(listing: Listing, folder: Path, name: str) -> Path | None:
    """Make a capability or a pipeline a tool; answers the file that says so.

    Returns:
        ``None`` if it is one already.

    Raises:
        UnknownName: There is none of that name.
        WorkspaceError: It cannot be one: its name as a tool is taken, or it has problems.
    """
    card = _must_be_known(listing, name)[name]
    others = exposed_names(listing, folder)
    if name in others:
        return None
    refuse_clash([*others, name], name)
    why = refusal(card, {one.name: one for one in listing.pipelines})
    if why:
        raise WorkspaceError(f"{name!r} cannot be a tool: {why}", name=name)
    if any(one.name == name for one in listing.pipelines):
        return _say_in_file(listing, folder, name, "exposed", value=True)
    write_exposed(folder, sorted({*read_settings(folder).expose, name}))
    return folder / "packetflow.toml"


def hide(listing: Listing, folder: Path, name: str) -> Path | None:
    """Make it no tool any more; answers the file that said so, ``None`` if none did.

    Raises:
        UnknownName: There is none of that name, and no file says that it is a tool.
        WorkspaceError: The file cannot be changed.
    """
    said = read_settings(folder).expose
    _must_be_known(listing, name, said)
    changed = None
    if any(one.name == name and one.exposed for one in listing.pipelines):
        changed = _say_in_file(listing, folder, name, "exposed", value=None)
    if name in said:
        write_exposed(folder, [one for one in said if one != name])
        changed = changed or folder / "packetflow.toml"
    return changed


def _must_be_known(listing: Listing, name: str, said: Sequence[str] = ()) -> dict[str, Card]:
    """All that there is, by name; refuse what is not among it, nor *said* somewhere."""
    cards: dict[str, Card] = {one.name: one for one in listing.capabilities}
    cards |= {one.name: one for one in listing.pipelines}
    if name not in cards and name not in said:
        raise UnknownName(
            "capability or pipeline", name, get_close_matches(name, [*cards, *said], 2)
        )
    return cards


def describe(listing: Listing, folder: Path, name: str, text: str) -> Path:
    """Say what a pipeline is for: models choose a tool by it.

    Returns:
        The file that says so now.

    Raises:
        UnknownName: There is no pipeline of that name.
        WorkspaceError: The file cannot be changed.
    """
    known = [one.name for one in listing.pipelines]
    if name not in known:
        raise UnknownName("pipeline", name, get_close_matches(name, known, 2))
    return _say_in_file(listing, folder, name, "intent", value=" ".join(text.split()) or None)


def _say_in_file(
    listing: Listing, folder: Path, name: str, field: str, *, value: str | bool | None
) -> Path:
    card = next(one for one in listing.pipelines if one.name == name)
    path = folder / "pipelines" / f"{name}.yaml"
    if not path.is_file():
        where = f" in {card.file}" if card.file else ""
        raise WorkspaceError(
            f"{name!r} is built in Python{where}; say {field}=... where it is made", name=name
        )
    try:
        text = path.read_text("utf-8")
        new = apply(text, {"op": "header", "field": field, "value": value}).text
        scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        scratch.write_text(new, "utf-8")
        scratch.replace(path)
    except CompositionError as error:
        raise WorkspaceError(f"{path} cannot be changed: {error.message}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} cannot be changed: {error}") from error
    return path
