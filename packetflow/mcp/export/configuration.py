"""The settings of an export: what its workspace says of the exported names, and nothing else."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from packetflow.kernel.cards import Listing
from packetflow.mcp.settings import McpSettings

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ALIKE: Final = ("hosts", "result_kilobytes", "body_kilobytes", "stream_seconds", "task_seconds")
_SAID: Final = ("name", "intent")


def configured(
    carried: str,
    settings: Mapping[str, Any],
    offered: McpSettings,
    *,
    tools: Sequence[str],
    names: Collection[str],
) -> str:
    """The text of an export's ``packetflow.toml``.

    Args:
        carried: What must be in it for the code to run, such as the servers that it uses.
        settings: What the workspace's own says.
        offered: Its table ``[mcp]``.
        tools: What are tools.
        names: All that is exported, prompts and what answers addresses included.
    """
    own = tomllib.loads(carried)
    said = msgspec.to_builtins(offered)
    usual = msgspec.to_builtins(McpSettings())
    mcp: dict[str, Any] = {"expose": list(tools)}
    mcp["prompts"] = [one for one in offered.prompts if one in names]
    mcp |= {key: said[key] for key in _ALIKE if said[key] != usual[key]}
    mcp["resources"] = {uri: one for uri, one in offered.resources.items() if one in names}
    mcp["tasks"] = {name: one for name, one in said["tasks"].items() if name in names}
    mcp["tokens"] = said["tokens"]
    mcp |= {key: value for key, value in own.pop("mcp", {}).items() if key not in mcp}
    told = {key: settings[key] for key in _SAID if isinstance(settings.get(key), str)}
    return written(
        {**told, **own, "mcp": {key: one for key, one in mcp.items() if one or one == 0}}
    )


def only_read(listing: Listing, offered: McpSettings) -> set[str]:
    """What a workspace offers as a prompt, or at an address, and not as a tool."""
    tools = {one.name for one in listing.pipelines if one.exposed} | set(offered.expose)
    return {*offered.prompts, *offered.resources.values()} - tools


def written(table: Mapping[str, Any], path: Sequence[str] = ()) -> str:
    """A table as TOML.

    >>> print(written({"name": "x", "mcp": {"hosts": ["a"], "tokens": {"b c": {"env": "T"}}}}))
    name = "x"
    <BLANKLINE>
    [mcp]
    hosts = ["a"]
    <BLANKLINE>
    [mcp.tokens."b c"]
    env = "T"
    <BLANKLINE>
    """
    plain = {key: one for key, one in table.items() if not isinstance(one, Mapping)}
    text = "".join(f"{_key(key)} = {_value(one)}\n" for key, one in plain.items())
    if path and (plain or not table):
        text = f"\n[{'.'.join(map(_key, path))}]\n{text}"
    inner = (written(one, (*path, key)) for key, one in table.items() if isinstance(one, Mapping))
    return text + "".join(inner)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, list) and len(value) > 1:
        return "[\n" + "".join(f"    {_value(one)},\n" for one in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
