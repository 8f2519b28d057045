"""Which external servers a workspace knows: the tables ``[mcp.servers.NAME]`` of its settings.

```toml
[mcp.servers.github]
command = "npx"
args = ["-y", "@modelcontextprotocol/server-github"]
env = ["GITHUB_TOKEN"]                        # variables of this environment that it gets
allow = ["search_*", "get_issue"]             # tools that may run; without it none may

[mcp.servers.docs]
url = "https://docs.example.org/mcp"
headers = { Authorization = "Bearer $DOCS_TOKEN" }    # secrets come from the environment only
trust = true                                  # believe what it says of what its tools do
```
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import msgspec

from packetflow.errors import WorkspaceError
from packetflow.mcp.client.login_settings import LoginSettings, login_complaint
from packetflow.mcp.client.names import identifier
from packetflow.runner.configuration import config_path, read_text, write

_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a server is reached, and what of it may be used.

    Attributes:
        command: The program to start, for a server that speaks over its standard input and output.
        args: Its arguments. It is started in the workspace's folder.
        env: Names of environment variables that it gets, besides a few harmless ones (``PATH``,
            ``HOME``, ...).
        url: Its address, for a server that speaks over HTTP.
        headers: Sent with each request; ``$NAME`` stands for an environment variable, and each
            has at least one, so that no secret stands in the file.
        login: As whom one logs in, where the address alone does not say it.
        allow: Patterns of the names of tools that may run.
        trust: Whether what it says of its tools' effects is believed.
        start_seconds: How long it may take until it answers for the first time.
    """

    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    url: str = ""
    headers: dict[str, str] = {}
    login: LoginSettings = LoginSettings()
    allow: tuple[str, ...] = ()
    trust: bool = False
    start_seconds: float = 30.0

    @property
    def address(self) -> str:
        """How it is reached, in words."""
        return self.url or " ".join([self.command, *self.args])

    @property
    def has_token(self) -> bool:
        """Whether it is sent a token of the environment's."""
        return "authorization" in map(str.lower, self.headers)

    def allows(self, tool: str) -> bool:
        """Whether a tool of that name may run."""
        return any(fnmatchcase(tool, pattern) for pattern in self.allow)


def read_servers(folder: Path) -> dict[str, ServerSettings]:
    """The servers that a workspace knows, by name.

    Raises:
        WorkspaceError: ``packetflow.toml`` cannot be read, or has a wrong setting.
    """
    path = config_path(folder)
    return servers_of(_content(read_text(folder), path), path)


def servers_of(content: Mapping[str, Any], path: Path) -> dict[str, ServerSettings]:
    """The servers in what a file of settings says; *path* is named in errors.

    Raises:
        WorkspaceError: A setting is unknown or wrong.
    """
    table = content.get("mcp", {})
    said = table.get("servers", {}) if isinstance(table, Mapping) else {}
    if not isinstance(said, Mapping):
        raise WorkspaceError(f"{path}: [mcp.servers] must be a table of servers", path=str(path))
    found = {}
    for name, one in said.items():
        where = f"{path}, table [mcp.servers.{name}]"
        try:
            settings = msgspec.convert(one, ServerSettings)
        except msgspec.ValidationError as error:
            raise WorkspaceError(f"{where}: {error}", path=str(path)) from error
        wrong = complaint(str(name), settings)
        if wrong:
            raise WorkspaceError(f"{where}: {wrong}", path=str(path))
        found[str(name)] = settings
    return found


def login_of(said: Mapping[str, Any]) -> LoginSettings:
    """As whom one logs in, as it is said in a script or on a command line.

    Raises:
        WorkspaceError: A setting is unknown or wrong.
    """
    try:
        return msgspec.convert(dict(said), LoginSettings, strict=False)
    except msgspec.ValidationError as error:
        raise WorkspaceError(f"login: {error}") from error


def complaint(name: str, settings: ServerSettings) -> str:
    """What is wrong with a server's settings; empty when nothing is.

    >>> complaint("docs", ServerSettings(url="http://localhost/mcp", headers={"X-Key": "s3cret"}))
    'the header X-Key holds its value; put that into an environment variable and write "$NAME"'
    """
    if not _NAME.fullmatch(name):
        return "a server's name has letters, digits, '_' and '-', and begins with a letter"
    if bool(settings.command) == bool(settings.url):
        return "a server has either a command or a url"
    if settings.url and not settings.url.startswith(("http://", "https://")):
        return f"{settings.url!r} is no address; it begins with http:// or https://"
    if settings.url and (settings.args or settings.env):
        return "args and env belong to a server with a command"
    if settings.command and settings.headers:
        return "headers belong to a server with a url"
    if settings.login != LoginSettings():
        if not settings.url:
            return "a login belongs to a server with a url"
        if settings.has_token:
            return "a server has either a header Authorization or a login"
        wrong = login_complaint(settings.login)
        if wrong:
            return wrong
    for header, value in settings.headers.items():
        if not _VARIABLE.search(value):
            return (
                f"the header {header} holds its value; put that into an environment variable and "
                'write "$NAME"'
            )
    for variable in settings.env:
        if not re.fullmatch(r"\w+", variable):
            return f"env lists names of environment variables; {variable!r} is none"
    return "" if settings.start_seconds > 0 else "start_seconds must be more than 0"


def variables(settings: ServerSettings) -> list[str]:
    """The names of the environment variables that a server needs.

    >>> variables(ServerSettings(url="http://x", headers={"A": "Bearer ${TOKEN}-$ID"}))
    ['TOKEN', 'ID']
    """
    found = [
        one[1] or one[2] for text in settings.headers.values() for one in _VARIABLE.finditer(text)
    ]
    return [*settings.env, *found]


def environment(settings: ServerSettings, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that a server with a command gets.

    Raises:
        WorkspaceError: One of them is not set.
    """
    return {name: _variable(name, given) for name in settings.env}


def headers(settings: ServerSettings, given: Mapping[str, str]) -> dict[str, str]:
    """The headers that a server with a url is sent, with what stands in the environment.

    Raises:
        WorkspaceError: A variable is not set.
    """

    def value(found: re.Match[str]) -> str:
        return _variable(found[1] or found[2], given)

    return {name: _VARIABLE.sub(value, text) for name, text in settings.headers.items()}


def _variable(name: str, given: Mapping[str, str]) -> str:
    if name not in given:
        raise WorkspaceError(
            f"the environment variable {name} is not set; set it where PacketFlow is started"
        )
    return given[name]


def group_of(server: str) -> str:
    """What stands before the names of a server's tools in a catalog.

    >>> group_of("my-notes")
    'my_notes'
    """
    return identifier(server)


def add_server(folder: Path, name: str, settings: ServerSettings) -> None:
    """Write a new server into a workspace's settings; nothing else of the file changes.

    Raises:
        WorkspaceError: There is one of that name, it is wrong, or the file cannot be written.
    """
    path = config_path(folder)
    seen = read_text(folder)
    known = servers_of(_content(seen, path), path)
    wrong = complaint(name, settings)
    if not wrong and group_of(name) in map(group_of, known):
        wrong = f"there is a server of that name already; change it in {path}"
    if wrong:
        raise WorkspaceError(f"server {name!r}: {wrong}", path=str(path))
    lines = [f"[mcp.servers.{name}]", *lines_of(settings)]
    gap = "" if not seen else "\n" if seen.endswith("\n") else "\n\n"
    text = seen + gap + "\n".join(lines) + "\n"
    _write(folder, text, seen, {**known, name: settings})


def lines_of(settings: ServerSettings) -> Iterable[str]:
    """A server's settings as lines of its table."""
    for field, value in msgspec.to_builtins(settings).items():
        if isinstance(value, dict):
            inside = ", ".join(f"{_key(k)} = {_quoted(v)}" for k, v in value.items())
            yield f"{field} = {{ {inside} }}"
        elif isinstance(value, str):
            yield f"{field} = {_quoted(value)}"
        else:
            yield f"{field} = {_list_or_word(value)}"


def _list_or_word(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_quoted, value))}]"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: object) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_allowed(folder: Path, name: str, allow: Iterable[str]) -> None:
    """Write which tools of a server may run; nothing else of the file changes.

    Raises:
        WorkspaceError: There is no such server, the file says it in a way that only a person
            should change, or it cannot be written.
    """
    _write_field(folder, name, "allow", tuple(allow))


def write_trusted(folder: Path, name: str, *, trust: bool) -> None:
    """Write whether what a server says of its tools is believed; raises as `write_allowed`."""
    _write_field(folder, name, "trust", trust)


def remove_server(folder: Path, name: str) -> None:
    """Take a server out of a workspace's settings; nothing else of the file changes.

    Comments above its table stay, since nobody knows what they are about, and so do those that
    stand apart below it. Raises as `write_allowed`.
    """
    seen, known = _known(folder, name)
    text = seen
    while (found := _table_of(text, name, inner=True)) is not None:
        begin, _, end = found
        lines = text[begin:end].splitlines(keepends=True)
        last = max(place for place, line in enumerate(lines) if _SAYS.match(line))
        rest = "".join(lines[last + 1 :])
        before = (
            text[:begin].removesuffix("\n") if not (rest + text[end:]).strip() else text[:begin]
        )
        text = before + rest.removeprefix("\n" if before.endswith("\n\n") else "") + text[end:]
    _write(folder, text, seen, {one: said for one, said in known.items() if one != name})


def _write_field(folder: Path, name: str, field: str, value: object) -> None:
    seen, known = _known(folder, name)
    wanted = msgspec.structs.replace(known[name], **{field: value})
    found = _table_of(seen, name)
    text = seen if found is None else _with_field(seen, found, field, _list_or_word(value))
    _write(folder, text, seen, {**known, name: wanted})


def _known(folder: Path, name: str) -> tuple[str, dict[str, ServerSettings]]:
    """The file's text, and the servers in it, of which one has that name."""
    path = config_path(folder)
    seen = read_text(folder)
    known = servers_of(_content(seen, path), path)
    if name not in known:
        listed = f"; there are {', '.join(known)}" if known else "; there is none yet"
        raise WorkspaceError(f"{path} knows no server {name!r}{listed}", path=str(path))
    return seen, known


_VALUE: Final = r"(?:\[(?:[^\[\]\"'#]|\"[^\"\n]*\"|'[^'\n]*'|#[^\n]*)*\]|true|false)"
_HEAD: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)
_SAYS: Final = re.compile(r"[ \t]*[^\s#]")


def _table_of(text: str, name: str, *, inner: bool = False) -> tuple[int, int, int] | None:
    """Where a server's table begins, where its head ends, and where the next table begins.

    Args:
        text: The file's.
        name: The server's.
        inner: Whether a table inside it does as well.
    """
    more = r"(?:[ \t]*\.[^\]\n]*)?" if inner else ""
    table = re.compile(
        rf"""^[ \t]*\[[ \t]*mcp\.servers\.["']?{re.escape(name)}["']?{more}[ \t]*\][ \t]*(#.*)?$""",
        re.MULTILINE,
    )
    head = table.search(text)
    if head is None:
        return None
    after = _HEAD.search(text, head.end())
    return head.start(), head.end(), len(text) if after is None else after.start()


def _with_field(text: str, table: tuple[int, int, int], field: str, written: str) -> str:
    _, begin, end = table
    inside = text[begin:end]
    known = re.search(rf"^([ \t]*{field}[ \t]*=[ \t]*){_VALUE}", inside, re.MULTILINE)
    if known is not None:
        inside = f"{inside[: known.start()]}{known[1]}{written}{inside[known.end() :]}"
    else:
        inside = f"\n{field} = {written}{inside or chr(10)}"
    return text[:begin] + inside + text[end:]


def _write(folder: Path, text: str, seen: str, wanted: Mapping[str, ServerSettings]) -> None:
    path = config_path(folder)
    try:
        content = tomllib.loads(text)
        is_said = servers_of(content, path) == wanted and _rest(content) == _rest(
            _content(seen, path)
        )
    except tomllib.TOMLDecodeError:
        is_said = False
    if not is_said:
        message = f"{path} says [mcp.servers] in a way that is not changed from here; edit it"
        raise WorkspaceError(message, path=str(path))
    write(folder, text, seen=seen)


def _rest(content: Mapping[str, Any]) -> str:
    """What is said besides the servers, as text, so that 1, 1.0 and true differ."""
    own = {name: one for name, one in content.get("mcp", {}).items() if name != "servers"}
    return repr({name: one for name, one in {**content, "mcp": own}.items() if one != {}})


def _content(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorkspaceError(f"{path} is no TOML: {error}", path=str(path)) from error
