"""What clients and registries read of an export: the bundle's manifest, and ``server.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from packetflow.capabilities.tool_names import title_of
from packetflow.mcp.export.literals import Variable
from packetflow.mcp.export.starting import placeholder
from packetflow.mcp.tools import Tool

SCHEMA: Final = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
SAMPLE_URL: Final = "https://example.org/releases"
"""Stands where nobody said from where the bundle can be had."""

ENTRY: Final = "server/main.py"
LONGEST: Final = 100
"""So many characters a registry takes of a description."""


@dataclass(frozen=True)
class About:
    """What is said of an export everywhere.

    Attributes:
        name: What it is called.
        version: Its version, as in ``1.0.0``.
        intent: What it is for, in a sentence.
        author: Who made it.
        tools: Its tools.
        environment: The variables of the environment it reads.
    """

    name: str
    version: str
    intent: str
    author: str
    tools: Sequence[Tool]
    environment: Sequence[Variable] = ()


def manifest_of(about: About) -> str:
    """The text of a bundle's ``manifest.json``."""
    config: dict[str, Any] = {
        "command": "uv",
        "args": ["run", "--directory", "${__dirname}", ENTRY],
    }
    manifest: dict[str, Any] = {
        "manifest_version": "0.4",
        "name": about.name,
        "display_name": title_of(about.name),
        "version": about.version,
        "description": about.intent,
        "author": {"name": about.author},
        "server": {"type": "uv", "entry_point": ENTRY, "mcp_config": config},
        "tools": [
            {"name": tool.name, "description": _first_line(tool.shown.description)}
            for tool in about.tools
        ],
        "compatibility": {
            "platforms": ["darwin", "linux"],
            "runtimes": {"python": ">=3.11"},
        },
    }
    if about.environment:
        config["env"] = {one.name: placeholder(one.name) for one in about.environment}
        manifest["user_config"] = {
            one.name.lower(): {
                "type": "string",
                "title": one.name,
                "description": _described(one),
                "sensitive": not one.default,
                "required": one.is_required,
                **({"default": one.default} if one.default else {}),
            }
            for one in about.environment
        }
    return _json(manifest)


def _described(one: Variable) -> str:
    return (
        f"The environment variable {one.name}{'' if one.is_required else ', if you want to set it'}"
    )


def project_of(about: About, needs: Sequence[str]) -> str:
    """The text of a bundle's ``pyproject.toml``, from which uv makes its environment."""
    listed = "".join(f"    {json.dumps(one)},\n" for one in needs)
    return (
        f"[project]\nname = {json.dumps(_project_name(about.name))}\n"
        f"version = {json.dumps(about.version)}\n"
        f"description = {json.dumps(about.intent)}\n"
        f'requires-python = ">=3.11"\ndependencies = [\n{listed}]\n'
    )


def _project_name(name: str) -> str:
    """A name as projects may have it: letters and digits at both ends.

    >>> _project_name("_hello_")
    'hello'
    """
    return name.strip("_-.") or "tools"


def server_of(about: About, mcpb: bytes, url: str | None) -> str:
    """The text of ``server.json``, with which a registry of servers is told of the bundle.

    Args:
        about: What it is.
        mcpb: The bundle, of which a client checks the hash.
        url: From where it can be had; the folder, or the file itself.
    """
    place = url or SAMPLE_URL
    file = place if place.endswith(".mcpb") else f"{place.rstrip('/')}/{about.name}.mcpb"
    package: dict[str, Any] = {
        "registryType": "mcpb",
        "identifier": file,
        "version": about.version,
        "fileSha256": hashlib.sha256(mcpb).hexdigest(),
        "transport": {"type": "stdio"},
    }
    if about.environment:
        package["environmentVariables"] = [
            {
                "name": one.name,
                "description": _described(one),
                "isRequired": one.is_required,
                "isSecret": not one.default,
                **({"default": one.default} if one.default else {}),
            }
            for one in about.environment
        ]
    return _json(
        {
            "$schema": SCHEMA,
            "name": f"{namespace_of(file)}/{about.name}",
            "title": title_of(about.name),
            "description": _short(about.intent),
            "version": about.version,
            "packages": [package],
        }
    )


def namespace_of(url: str) -> str:
    """In whose name a registry takes what lies at an address.

    >>> namespace_of("https://github.com/ada/tools/releases"), namespace_of("https://tools.ada.org")
    ('io.github.ada', 'org.ada.tools')
    """
    parts = urlsplit(url)
    host = (parts.hostname or "example.org").removeprefix("www.")
    owner = parts.path.strip("/").partition("/")[0]
    if host == "github.com" and owner:
        return f"io.github.{owner}"
    return ".".join(reversed(host.split(".")))


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3].rstrip()}..."


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
