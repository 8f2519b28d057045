"""The protocol package's low-level server, put together for a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import mcp_types as t
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import ListenHandler

from packetflow.mcp import apps
from packetflow.mcp.offers import Offers
from packetflow.mcp.server import Answers
from packetflow.mcp.tasks import EXTENSION, TaskParams, UpdateParams
from packetflow.version import VERSION

STATE_SECONDS: Final = 30 * 86_400.0
"""So long the answers to a run's questions may take."""

_CACHED: Final[tuple[CacheableMethod, ...]] = (
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "server/discover",
)


class WorkspaceServer(Server[Any]):
    """The low-level server; it tells clients of the handshake era that its lists change."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """What a client is told first."""
        changes = notification_options or NotificationOptions(
            prompts_changed=True, resources_changed=True, tools_changed=True
        )
        return super().create_initialization_options(changes, experimental_capabilities, extensions)


def make_server(answers: Answers, *, name: str, about: str = "", key: bytes) -> WorkspaceServer:
    """A server for one workspace.

    Args:
        answers: What it answers.
        name: The workspace's name.
        about: What it is for.
        key: Seals what clients keep for runs that wait; at least 32 bytes.
    """
    server = WorkspaceServer(
        "packetflow",
        version=VERSION,
        title=name,
        description=about or None,
        instructions=about or None,
        cache_hints={method: CacheHint(ttl_ms=0, scope="private") for method in _CACHED},
        get_tool_input_schema=lambda tool: _schema_of(answers.shelf.offers, tool),
        on_list_tools=answers.list_tools,
        on_list_prompts=answers.list_prompts,
        on_get_prompt=answers.get_prompt,
        on_list_resources=answers.list_resources,
        on_list_resource_templates=answers.list_templates,
        on_read_resource=answers.read_resource,
        on_subscribe_resource=answers.subscribe,
        on_unsubscribe_resource=answers.unsubscribe,
        on_completion=answers.complete,
        on_subscriptions_listen=ListenHandler(answers.shelf.bus),
    )
    # not by the constructor, which knows no tasks
    server.add_request_handler("tools/call", t.CallToolRequestParams, answers.call_tool)
    # not by the constructor, which warns of what the stateless era has no more
    server.add_request_handler("logging/setLevel", t.SetLevelRequestParams, answers.set_level)
    server.add_request_handler("tasks/get", TaskParams, answers.get_task)
    server.add_request_handler("tasks/update", UpdateParams, answers.update_task)
    server.add_request_handler("tasks/cancel", TaskParams, answers.cancel_task)
    server.extensions[EXTENSION] = {}
    server.extensions[apps.EXTENSION] = {}
    server.middleware.append(answers.shelf.sessions)
    sealing = RequestStateSecurity(keys=[key], ttl=STATE_SECONDS)
    server.middleware.append(RequestStateBoundary(sealing, default_audience="packetflow"))
    return server


def _schema_of(offers: Offers, tool: str) -> Mapping[str, Any] | None:
    found = offers.tools.get(tool)
    return None if found is None else found.shown.input_schema
