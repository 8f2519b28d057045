"""The settings of MCP servers whose tools travel as steps of an exported tool."""

from __future__ import annotations

import re
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from packetflow.errors import WorkspaceError
from packetflow.mcp.client.listings import listing_path
from packetflow.mcp.client.login_settings import LoginSettings
from packetflow.mcp.client.logins import standing
from packetflow.mcp.client.settings import ServerSettings, group_of, lines_of, read_servers
from packetflow.mcp.export.reasons import Reason
from packetflow.workspace.folder import CONFIG

_VARIABLE: Final = re.compile(r"\$\{?(\w+)")


def is_tool(module: str) -> bool:
    """Whether a capability of that module is a tool of another MCP server."""
    return module.startswith("MCP server ")


class Servers:
    """Collects the servers that are used.

    Args:
        folder: The workspace.

    Attributes:
        environment: The variables that they need.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: dict[str, ServerSettings] = {}
        self.environment: set[str] = set()

    @cached_property
    def _known(self) -> dict[str, tuple[str, ServerSettings]]:
        try:
            found = read_servers(self._folder)
        except WorkspaceError:
            return {}  # its tools are in no catalog then
        return {group_of(name): (name, settings) for name, settings in found.items()}

    def take(self, capability: str) -> set[Reason]:
        """Take the server of a tool; answers why it cannot be reached from elsewhere."""
        group = capability.partition(".")[0]
        if group not in self._known:
            what = f"{capability!r} is a tool of a server that the workspace does not name"
            return {Reason(CONFIG, 0, what, "name it there: packetflow mcp add NAME ADDRESS")}
        name, settings = self._known[group]
        self._used[name] = settings
        self.environment |= {*settings.env, *settings.login.variables}
        for value in settings.headers.values():
            self.environment |= set(_VARIABLE.findall(value))
        line = self._line(name)
        what, do = "", "name an address that other machines reach"
        if settings.url and _is_here(settings.url):
            what = f"the server {name!r} answers at {settings.url}, which is this machine only"
        asks = standing(self._folder, name, settings)
        if not settings.login.machine and (asks or settings.login != LoginSettings()):
            what = f"the server {name!r} is used with a login, which stays on this machine"
            do = (
                'give it a token, headers = { Authorization = "Bearer $TOKEN" }, or a login that '
                "needs nobody, login = { machine = true, ... }"
            )
        for word in (settings.command, *settings.args):
            if not settings.url and self._is_own_file(word):
                what = f"the server {name!r} starts {word!r}, a file of this machine"
                do = "publish the server, and start it by a command such as npx or uvx"
        return {Reason(CONFIG, line, what, do)} if what else set()

    def _line(self, name: str) -> int:
        try:
            lines = (self._folder / CONFIG).read_text("utf-8").splitlines()
        except OSError:
            return 0
        heads = (f"[mcp.servers.{name}]", f'[mcp.servers."{name}"]')
        found = (number for number, line in enumerate(lines, 1) if line.strip().startswith(heads))
        return next(found, 0)

    def _is_own_file(self, word: str) -> bool:
        try:
            return (self._folder / Path(word).expanduser()).is_file()
        except (OSError, RuntimeError, ValueError):
            return False

    def settings(self) -> str:
        """What the workspace's settings say of them."""
        return "".join(
            f"\n[mcp.servers.{name}]\n" + "\n".join(lines_of(one)) + "\n"
            for name, one in sorted(self._used.items())
        )

    def files(self) -> dict[str, str]:
        """What they said last of themselves, so that nobody has to ask them first."""
        found = {}
        for name in self._used:
            path = listing_path(self._folder, name)
            if path.is_file():
                found[path.relative_to(self._folder).as_posix()] = path.read_text("utf-8")
        return found


def _is_here(url: str) -> bool:
    """Whether an address leads to the machine it is used on."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
