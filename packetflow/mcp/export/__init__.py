"""Export tools as files that run without the studio and without an installed PacketFlow.

`carried` says which files of a workspace must travel with a tool, and refuses what cannot travel.
`bundle` makes of them a script that `uv run --script` starts, an ``.mcpb`` bundle and a
``server.json``. Nothing here imports user code. See ``docs/mcp.md``.
"""

__all__: list[str] = []
