"""Model Context Protocol: what a workspace has, as tools, prompts and resources for any client.

Nothing here runs user code: calls go to the workspace's runner, as those of the studio do, and
leave the same records. The parts that need no server come first: `packetflow.discovery.tool_names`,
`schemas`, `tools` and `content` (what a client reads), `questions` (what a run asks its caller).
`offers` says what is offered and `shelf` keeps it fresh; `calls` is one call from begin to end,
`server` answers a client's requests, `stdio` and `http` carry them. See ``docs/mcp.md``.

Import its modules; the package itself stays empty, since the protocol's own package takes half a
second to load.
"""
