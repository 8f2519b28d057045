"""Tools that give content of every kind."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Annotated, Any, TypedDict

from pydantic import Field

from packetflow import (
    Audio,
    Context,
    Contract,
    Effect,
    Image,
    Port,
    Resource,
    capability,
    from_contract,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WAV = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0D\xac\0\0\x88X\1\0\2\0\x10\0data\0\0\0\0"
PAUSE_SECONDS = 0.05


@capability(provides="text")
def test_simple_text() -> str:
    """Give a simple text."""
    return "This is a simple text response for testing."


@capability(provides="image")
def test_image_content() -> Image:
    """Give a picture."""
    return Image(PNG)


@capability(provides="audio")
def test_audio_content() -> Audio:
    """Give a sound."""
    return Audio(WAV)


@capability(provides="resource")
def test_embedded_resource() -> Resource:
    """Give a resource with its content."""
    text = "This is an embedded resource content."
    return Resource("test://embedded-resource", media_type="text/plain", content=text)


class Mixed(TypedDict):
    text: str
    image: Image
    resource: Resource


@capability
def test_multiple_content_types() -> Mixed:
    """Give content of several kinds."""
    content = json.dumps({"test": "data", "value": 123})
    uri = "test://mixed-content-resource"
    return {
        "text": "Multiple content types test:",
        "image": Image(PNG),
        "resource": Resource(uri, media_type="application/json", content=content),
    }


@capability(provides="text")
def test_error_handling() -> str:
    """Fail."""
    raise RuntimeError("This tool intentionally returns an error for testing")


@capability(provides="text")
async def test_tool_with_logging(context: Context) -> str:
    """Say what it does."""
    context.log("Tool execution started")
    await asyncio.sleep(PAUSE_SECONDS)
    context.log("Tool processing data")
    await asyncio.sleep(PAUSE_SECONDS)
    context.log("Tool execution completed")
    return "logged"


@capability(provides="text")
async def test_logging_tool(context: Context) -> str:
    """Say one line."""
    context.log("log line")
    return "logged"


@capability(provides="text")
async def test_tool_with_progress(context: Context) -> str:
    """Say how far it is."""
    for fraction in (0, 0.5, 1):
        context.progress(fraction, f"Completed step {fraction:.0%}")
        await asyncio.sleep(PAUSE_SECONDS)
    return "progressed"


@capability(provides="text")
async def test_reconnection() -> str:
    """Take longer than a connection lasts."""
    await asyncio.sleep(0.6)
    return "Reconnection test completed successfully"


@capability(provides="text")
def test_custom_headers(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})] = "",  # noqa: PT028 - no test
    priority: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Priority"})] = 0,  # noqa: PT028 - no test
) -> str:
    """Take arguments that travel as headers, too."""
    return f"{region} {priority}"


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def contact(**said: Any) -> dict[str, str]:
    """Take what a schema with everything in it allows."""
    return {"text": f"{len(said)} said"}


json_schema_2020_12_tool = from_contract(
    contact,
    "json_schema_2020_12_tool",
    Contract(
        tuple(Port(name, optional=True) for name in SCHEMA["properties"]),
        (Port("text", str),),
        {"requires": SCHEMA},
    ),
)


@capability(provides="text")
def static_text() -> str:
    """Give the content of a resource."""
    return "This is the content of the static text resource."


@capability(provides="image")
def static_binary() -> Image:
    """Give the content of a binary resource."""
    return Image(PNG)


@capability(provides="resource")
def template_data(id: str) -> Resource:
    """Give the content of one of many resources."""
    content = json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})
    return Resource(f"test://template/{id}/data", media_type="application/json", content=content)


@capability(provides="text")
def test_simple_prompt() -> str:
    """Ask nothing special."""
    return "This is a simple prompt for testing."


@capability(provides="text")
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """Ask with arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


class Embedded(TypedDict):
    resource: Resource
    text: str


@capability
def test_prompt_with_embedded_resource(resourceUri: str) -> Embedded:
    """Ask about a resource."""
    content = "Embedded resource content for testing."
    return {
        "resource": Resource(resourceUri, media_type="text/plain", content=content),
        "text": "Please process the embedded resource above.",
    }


class Pictured(TypedDict):
    image: Image
    text: str


@capability
def test_prompt_with_image() -> Pictured:
    """Ask about a picture."""
    return {"image": Image(PNG), "text": "Please analyze the image above."}


def turn(context: Context, name: str) -> str:
    path = Path(context.workspace, "pipelines", f"{name}.yaml")
    text = path.read_text()
    one, other = "intent: Once", "intent: Twice"
    path.write_text(text.replace(one, other) if one in text else text.replace(other, one))
    return "changed"


@capability(provides="text", effects=[Effect.writes("files", idempotent=True)])
def test_trigger_tool_change(context: Context) -> str:
    """Change a tool."""
    return turn(context, "changing_tool")


@capability(provides="text", effects=[Effect.writes("files", idempotent=True)])
def test_trigger_prompt_change(context: Context) -> str:
    """Change a prompt."""
    return turn(context, "changing_prompt")
