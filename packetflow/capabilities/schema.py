"""JSON Schema of ports; the only module of this package that needs pydantic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from packetflow.capabilities.contract import MISSING, Port, type_name


def object_schema(ports: Iterable[Port]) -> dict[str, Any]:
    """Describe ports as one JSON Schema object; definitions are shared under ``$defs``."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    definitions: dict[str, Any] = {}
    for port in ports:
        schema = port_schema(port)
        definitions |= schema.pop("$defs", {})
        properties[port.name] = schema
        if not port.optional:
            required.append(port.name)
    whole: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        whole["required"] = required
    if definitions:
        whole["$defs"] = definitions
    return whole


def port_schema(port: Port) -> dict[str, Any]:
    """Describe one port; what JSON cannot carry is described in words."""
    from pydantic import PydanticUserError
    from pydantic.errors import PydanticSchemaGenerationError
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        schema = _adapter_schema(port.type)
    except (PydanticUserError, PydanticSchemaGenerationError, TypeError, NameError):
        schema = {"description": f"a {type_name(port.type)}", "x-python-type": type_name(port.type)}
    if port.help:
        schema["description"] = port.help
    if port.secret:
        schema["writeOnly"] = True
    elif port.default is not MISSING:
        try:
            schema["default"] = to_jsonable_python(port.default)
        except (PydanticSerializationError, UnicodeDecodeError):  # the second for bytes
            schema["x-default"] = repr(port.default)
    return schema


def _adapter_schema(kind: Any) -> dict[str, Any]:
    from packetflow.capabilities.validate import adapter

    return dict(adapter(kind).json_schema(ref_template="#/$defs/{model}"))
