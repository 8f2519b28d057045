"""Export tools as files that run without the studio and without an installed PacketFlow.

`export` makes a `Bundle` of capabilities and pipelines: a script that `uv run --script` starts, an
``.mcpb`` bundle, a ``server.json`` and what to tell clients. `carried` says which files of a
workspace must travel with a tool, and refuses what cannot travel (`CannotExport`); `live` says it
of what a notebook or script declares. They stand on `scopes`, `imports` and `units` (what a piece
of Python uses and gives), `touching` and `slicing` (what of a file must go along), `literals`,
`belongings`, `choosing`, `servers`, `flows` and `distributions`. `travelling` says which modules of
packetflow travel. Nothing here imports user code. See ``docs/mcp.md``.
"""

from typing import Any as _Any

__all__ = ["Bundle", "CannotExport", "export", "export_tools"]


def __getattr__(name: str) -> _Any:
    """Load what is asked for: the protocol's package takes half a second to load."""
    if name == "CannotExport":
        from packetflow.mcp.export.reasons import CannotExport

        return CannotExport
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from packetflow.mcp.export import bundle

    return getattr(bundle, name)
