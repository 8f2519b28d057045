"""Tools of external MCP servers, as capabilities.

Nobody trusts a server by naming it: its tools are listed, and refuse to run until a person allows
them. The parts that need no server come first: `names`, `shapes` (a JSON Schema as Python types),
`contracts` (a tool's contract and effects), `content` (what came back, as values), `questions`
(what a server asks a person), `settings` and `listings` (what a workspace keeps of a server).
`session` is one connection, `calls` one call from begin to end, `tools` makes capabilities of
tools, `source` offers those of a workspace's servers to its catalog, and `connecting` is for
scripts and notebooks. See ``docs/mcp.md``.

Import its modules; the package itself stays empty, since the protocol's own package takes half a
second to load.
"""
