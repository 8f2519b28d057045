"""What goes wrong with external tools.

```
RunError
  ToolError               something about an external tool
    ServerLost            its server cannot be reached, or died in mid-call; a ConnectionError too
    ToolFailed            the tool says that it failed, or refuses the arguments
    ToolChanged           the tool is not what the composition was built with
    ToolRefused           nobody has allowed the tool, or the protocol does not allow it
    LoginNeeded           its server asks for a login, and there is none, or none that may do this
```

Each carries the names of ``server`` and ``tool``, where there is one. A retry policy that is to
reach a server that dies and comes back names `ServerLost`, or ``ConnectionError``.
"""

from __future__ import annotations

from packetflow.errors import RunError


class ToolError(RunError):
    """Something about an external tool went wrong."""

    code = "tool"


class ServerLost(ToolError, ConnectionError):
    """A server cannot be reached, or was lost in the midst of a call."""

    code = "server_lost"


class ToolFailed(ToolError):
    """A tool answered that it failed, or that the arguments are wrong."""

    code = "tool_failed"


class ToolChanged(ToolError):
    """A tool takes or gives something else than when the composition was built, or is gone."""

    code = "tool_changed"


class ToolRefused(ToolError):
    """Nobody has allowed this tool, or what its server says of it is not allowed."""

    code = "tool_refused"


class LoginNeeded(ToolError):
    """A server asks for a login: there is none, it has ended or lacks rights, or it failed."""

    code = "login_needed"
