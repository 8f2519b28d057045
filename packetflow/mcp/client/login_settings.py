"""How one logs in at a server, where its address alone does not say it: ``login`` in its settings.

```toml
[mcp.servers.docs]
url = "https://docs.example.org/mcp"
login = { client_id = "packetflow", client_secret = "$DOCS_SECRET" }     # a person, as this client

[mcp.servers.tickets]
url = "https://tickets.example.org/mcp"

[mcp.servers.tickets.login]                     # or within braces, on one line
machine = true
client_id = "robot"
client_secret = "$TICKETS_SECRET"
issuer = "https://login.example.org"
```
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

_SECRET: Final = re.compile(r"\$(?:\{\w+\}|\w+)")


class LoginSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """As whom one logs in; a server that registers its clients by itself needs none of it.

    Attributes:
        client_id: What the authorization server knows this program by; or the ``https://`` address
            of a document that describes it (CIMD).
        client_secret: The environment variable with its secret, as ``$NAME``.
        private_key: The environment variable with the key (PEM) that it signs with, as ``$NAME``.
        algorithm: How it signs.
        issuer: The authorization server that knows it; secrets go nowhere else.
        machine: Whether no person logs in, but this program by itself (client credentials).
        port: Where the browser comes back to; any free port if 0.
    """

    client_id: str = ""
    client_secret: str = ""
    private_key: str = ""
    algorithm: str = "RS256"
    issuer: str = ""
    machine: bool = False
    port: int = 0

    @property
    def document(self) -> str:
        """The address of the document that describes this program, if that is its id."""
        parts = urlsplit(self.client_id)
        return self.client_id if parts.scheme == "https" and len(parts.path) > 1 else ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables with secrets."""
        return tuple(one.strip("${}") for one in (self.client_secret, self.private_key) if one)


def login_complaint(login: LoginSettings) -> str:
    """What is wrong with it; empty when nothing is.

    >>> login_complaint(LoginSettings(client_id="me", client_secret="s3cret"))
    'login.client_secret holds its value; put that into an environment variable and write "$NAME"'
    """
    for name in ("client_secret", "private_key"):
        value = getattr(login, name)
        if value and not _SECRET.fullmatch(value):
            return (
                f"login.{name} holds its value; put that into an environment variable and "
                'write "$NAME"'
            )
    if (login.client_secret or login.private_key) and not login.client_id:
        return "login.client_id is missing: whose secret is it?"
    if login.client_secret and login.private_key:
        return "login has either a client_secret or a private_key"
    if login.private_key and not login.machine:
        return "login.private_key is for machine = true"
    if login.machine and not (login.variables and login.issuer):
        return (
            "login.machine needs client_id, client_secret or private_key, and issuer: the "
            "authorization server that they are for"
        )
    if login.issuer and not login.issuer.startswith(("http://", "https://")):
        return f"login.issuer is an address; {login.issuer!r} is none"
    return "" if 0 <= login.port < 2**16 else "login.port is a port"
