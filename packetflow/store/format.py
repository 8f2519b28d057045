"""Which version of PacketFlow a workspace was written by, known without opening its database."""

from __future__ import annotations

import contextlib
import os

import msgspec

from packetflow.errors import NewerWorkspace
from packetflow.store.files import Places
from packetflow.version import VERSION

SCHEMA = 3
"""The newest migration of this version; a test holds it to `packetflow.store.schema`."""


class Format(msgspec.Struct, frozen=True):
    """What ``format.json`` says.

    Attributes:
        schema: The newest migration that was ever applied here.
        packetflow: The version that applied it.
    """

    schema: int = 0
    packetflow: str = ""


def read_format(spots: Places) -> Format:
    """Read who wrote a workspace; nobody known when it does not say."""
    with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
        return msgspec.json.decode(spots.format.read_bytes(), type=Format)
    return Format()


def refuse_newer(spots: Places) -> None:
    """Let a workspace alone that a newer version wrote.

    Raises:
        NewerWorkspace: This version would not understand what is kept there.
    """
    found = read_format(spots)
    if found.schema > SCHEMA:
        message = (
            f"the workspace {spots.workspace} was written by a newer PacketFlow "
            f"({found.packetflow}, schema {found.schema}; this one knows {SCHEMA}); "
            "update PacketFlow to open it"
        )
        raise NewerWorkspace(message, found=found.schema, known=SCHEMA)


def write_format(spots: Places) -> None:
    """Write down that this version is about to write; do it before the database is changed.

    Raises:
        NewerWorkspace: A newer version has written already.
    """
    refuse_newer(spots)
    if read_format(spots).schema == SCHEMA:
        return
    draft = spots.format.with_suffix(f".{os.getpid()}.new")
    try:
        draft.write_bytes(msgspec.json.encode(Format(SCHEMA, VERSION)))
        draft.replace(spots.format)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
