"""Model Context Protocol: what a workspace has, as tools for any client, and tools of any server.

`connect` takes a server's tools as capabilities (`packetflow.mcp.client`), `export_tools` makes
files of tools that run by themselves (`packetflow.mcp.export`). The rest is the server. It runs no
user code: calls go to the workspace's runner, as those of the studio do, and leave the same records
(only `standalone`, of which exports are made, holds it itself). The parts that need no server come
first: `tools` and `content` (what a client reads; names, schemas and results are made in
`packetflow.capabilities`, which models' tools share), `questions` (what a run asks its caller).
`offers` says what is offered, `shelf` keeps it fresh; `calls` is one call from begin to end,
`server` answers a client's requests, `stdio` and `http` carry them. See ``docs/mcp.md``.

Import its modules; the package itself loads nothing, since the protocol's own package takes half a
second to load.
"""

from typing import Any as _Any

__all__ = [
    "LoginNeeded",
    "ServerLost",
    "ToolChanged",
    "ToolError",
    "ToolFailed",
    "ToolRefused",
    "connect",
    "export_tools",
]


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "connect":
        from packetflow.mcp.client.connecting import connect

        return connect
    if name == "export_tools":
        from packetflow.mcp.export.bundle import export_tools

        return export_tools
    from packetflow.mcp.client import failures

    return getattr(failures, name)
