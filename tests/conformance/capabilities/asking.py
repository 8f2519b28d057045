"""Tools that ask their caller."""

import json
from typing import Any

from packetflow import Context, capability
from packetflow.mcp.caller import ask_model, ask_roots


def form(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


def told(content: Any) -> str:
    return f"action=accept, content={json.dumps(content)}"


@capability(provides="text")
async def test_sampling(prompt: str, context: Context) -> str:
    """Ask the caller's model."""
    return f"LLM response: {await ask_model(context, prompt, max_tokens=100)}"


@capability(provides="text")
async def test_missing_capability(context: Context) -> str:
    """Need the caller's model."""
    return await ask_model(context, "Is there a model?", max_tokens=10)


@capability(provides="text")
async def test_elicitation(message: str, context: Context) -> str:
    """Ask the person at the client."""
    answer = await context.ask(
        message,
        form=form(
            username={"type": "string", "description": "User's response"},
            email={"type": "string", "description": "User's email address"},
        ),
    )
    return f"User response: {told(answer)}"


@capability(provides="text")
async def test_elicitation_sep1034_defaults(context: Context) -> str:
    """Ask with a default of each kind."""
    status = {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"}
    fields: dict[str, Any] = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": status,
        "verified": {"type": "boolean", "default": True},
    }
    answer = await context.ask("defaults", form={"type": "object", "properties": fields})
    return f"Elicitation completed: {told(answer)}"


@capability(provides="text")
async def test_elicitation_sep1330_enums(context: Context) -> str:
    """Ask with choices of each kind."""
    plain = ["option1", "option2", "option3"]
    titled = [
        {"const": f"value{number}", "title": f"{word} Option"}
        for number, word in enumerate(("First", "Second", "Third"), 1)
    ]
    names = ["Option One", "Option Two", "Option Three"]
    fields: dict[str, Any] = {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": names},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    answer = await context.ask("enums", form={"type": "object", "properties": fields})
    return f"Elicitation completed: {told(answer)}"


@capability(provides="name")
async def ask_name(context: Context) -> str:
    """Ask for a name."""
    answer = await context.ask("What is your name?", form=form(name={"type": "string"}))
    return str(answer["name"])


@capability(provides="colour")
async def ask_colour(name: str, context: Context) -> str:
    """Ask for a colour."""
    asked = f"{name}, what is your favorite color?"
    return str((await context.ask(asked, form=form(color={"type": "string"})))["color"])


@capability(provides="purpose")
async def ask_purpose(context: Context) -> str:
    """Ask what a prompt is for."""
    asked = "What context should the prompt use?"
    return str((await context.ask(asked, form=form(context={"type": "string"})))["context"])


@capability(provides="ok")
async def ask_confirmation(context: Context) -> bool:
    """Ask for a yes or a no."""
    return bool((await context.ask("Please confirm", form=form(ok={"type": "boolean"})))["ok"])


@capability(provides="answer")
async def ask_capital(context: Context) -> str:
    """Ask the caller's model for a capital."""
    return await ask_model(context, "What is the capital of France?", max_tokens=100)


@capability(provides="folders")
async def ask_folders(context: Context) -> list[str]:
    """Ask where the caller works."""
    return await ask_roots(context)


@capability(provides="text")
def say_hello(name: str) -> str:
    """Greet."""
    return f"Hello, {name}!"


@capability(provides="text")
def say_both(name: str, answer: str) -> str:
    """Put two answers together."""
    return f"{name}: {answer}"


@capability(provides="text")
def say_colour(name: str, colour: str) -> str:
    """Put two answers together."""
    return f"{name} likes {colour}"


@capability(provides="text")
def say_purpose(purpose: str) -> str:
    """Make a prompt of an answer."""
    return f"Use this context: {purpose}"


@capability(provides="text")
def say_state(ok: bool) -> str:
    """Tell what was confirmed."""
    return f"state-ok: {ok}"
