"""The panel in which a tool is called by a real client: form, progress, questions, result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import CapabilityCard, PortCard
from packetflow.mcp.calls import EXECUTION_META
from packetflow.mcp.tools import Card, Tool
from packetflow.show.timeline import seconds_text
from studio.forms import Field, combined, fields_of
from studio.lists import RUNS
from studio.reading import read
from studio.running import EVERY_SECONDS
from studio.showing import plain_markdown
from studio.state import description, desk, guarded
from studio.theme import REFUSED, status_text
from studio.tool_trial import Asked, Trial, arguments_of
from studio.tool_view import show_json, show_text
from studio.trying import examples_inside, fill_buttons
from studio.widgets import draw_form, settle

if TYPE_CHECKING:
    import mcp_types as t

SAID_LINES: Final = 4
BUTTONS: Final = 6


def trial_of(name: str) -> Trial | None:
    """The last call of a tool from this visit."""
    found = st.session_state.get(f"trial {name}")
    return found if isinstance(found, Trial) else None


def show_trial(card: Card, tool: Tool) -> None:
    """The form of a tool, and the call that it began."""
    trial = trial_of(card.name)
    if trial is None:
        show_call_form(card, tool)
        return
    if trial.is_over:
        show_ended(trial)
    else:
        show_under_way(card.name, trial)
    # closed anew by each call: a long form would push what it began out of view
    key = f"again {card.name} {id(trial)}"
    with st.expander("Call it again, with other arguments", expanded=trial.has_failed, key=key):
        show_call_form(card, tool)


def show_call_form(card: Card, tool: Tool) -> None:
    """A form of the contract; what is filled in goes as a client sends it."""
    prefix = f"call {card.name}"
    fields = fields_of(card.requires_schema, card.requires)
    examples: Sequence[Mapping[str, Any]]
    if isinstance(card, CapabilityCard):
        examples = card.examples
    else:
        examples = examples_inside(description(card.name))
    fill_buttons(prefix, fields, combined(fields, examples))
    with st.form(prefix):
        typed = draw_form(prefix, fields, st.session_state.get(f"{prefix} errors", {}))
        if not fields:
            st.caption("It is called without arguments.")
        is_wanted = st.form_submit_button(
            "Call it", type="primary", icon=":material/play_arrow:",
            help="As a client does: nothing is checked before it is sent",
        )  # fmt: skip
    if not is_wanted:
        return
    arguments = sent(fields, typed, prefix)
    if arguments is not None:
        before = trial_of(card.name)
        if before is not None:
            before.cancel()
        trial = Trial(desk().folder, tool.name, arguments)
        # kept first: a press that comes now ends this script here, and the call would be nobody's
        st.session_state[f"trial {card.name}"] = trial
        trial.begin()
    st.rerun()


def sent(fields: Sequence[Field], typed: Mapping[str, Any], prefix: str) -> dict[str, Any] | None:
    """What was typed as arguments; ``None`` if it cannot be sent at all.

    What is merely wrong is sent: how the server complains is what one wants to see.
    """
    settled, complaints = settle(typed, fields, desk().folder)
    filled = read(fields, settled)
    missing = {one.name for one in fields if one.required and not settled.get(one.name)}
    errors = {name: why for name, why in filled.errors.items() if name not in missing} | complaints
    try:
        arguments = arguments_of(filled.values)
    except PacketFlowError as error:
        arguments, errors = {}, {"": error.message}
    st.session_state[f"{prefix} errors"] = errors
    return None if errors else arguments


def show_under_way(name: str, trial: Trial) -> None:
    """A call, live: how far it is, what it asks, and a way to give it up."""

    @st.fragment(run_every=EVERY_SECONDS)
    @guarded(f"trial {name}")
    def live() -> None:
        if trial.is_over:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            status = status_text("waiting" if trial.asked else "running")
            st.header(f"{status} for {seconds_text(trial.seconds)}", anchor=False)
            if st.button("Cancel the call", icon=":material/stop_circle:", key=f"cancel {name}"):
                trial.cancel()
                st.rerun()
        show_progress(trial)
        if trial.asked is not None:
            ask(trial, trial.asked, f"{name} {trial.asked.number}")

    with st.container(key=f"live {name}"):
        live()


def show_progress(trial: Trial) -> None:
    """What the client has heard so far."""
    last = trial.said[-1] if trial.said else "called"
    if trial.progress is None:
        st.markdown(plain_markdown(last))
    else:
        st.progress(trial.progress, text=plain_markdown(last))
    earlier = trial.said[-1 - SAID_LINES : -1]
    if earlier:
        st.caption(plain_markdown("before: " + " \u00b7 ".join(reversed(earlier)), 300))


def ask(trial: Trial, asked: Asked, key: str) -> None:
    """Put a question of the server to whoever sits here."""
    schema = dict(asked.schema)
    needed = set(schema.get("required", ()))
    ports = [
        PortCard(name, optional=name not in needed, help=str(one.get("description", "")))
        for name, one in schema.get("properties", {}).items()
    ]
    fields = fields_of(json.dumps(schema), ports)
    with st.container(border=True):
        icon = ":orange[:material/contact_support:]"
        st.subheader(f"{icon} {plain_markdown(asked.text, 400)}", anchor=False)
        buttons = options_of(schema)
        if buttons:
            answer_by_button(trial, buttons, key)
            return
        errors_key = f"answer {key} errors"
        with st.form(f"answer {key}", border=False):
            typed = draw_form(f"answer {key}", fields, st.session_state.get(errors_key, {}))
            with st.container(horizontal=True, gap="small"):
                accepts = st.form_submit_button("Answer", type="primary")
                declines = st.form_submit_button("Decline")
        if declines:
            trial.answer("decline")
        if accepts:
            filled = read(fields, typed)
            st.session_state[errors_key] = filled.errors
            if not filled.errors:
                trial.answer("accept", arguments_of(filled.values))
        if accepts or declines:
            st.rerun(scope="fragment")


def options_of(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The answers of a form that is one choice among a few, by their label; else none.

    >>> options_of({"properties": {"ok": {"type": "boolean"}}})
    {'Yes': {'ok': True}, 'No': {'ok': False}}
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    if len(properties) != 1:
        return {}
    ((name, one),) = properties.items()
    if one.get("type") == "boolean":
        return {"Yes": {name: True}, "No": {name: False}}
    choices = one.get("enum", ())
    return {str(value): {name: value} for value in choices} if len(choices) <= BUTTONS else {}


def answer_by_button(trial: Trial, options: Mapping[str, Mapping[str, Any]], key: str) -> None:
    """A button for each answer, and one that does not answer."""
    with st.container(horizontal=True, gap="small"):
        for place, (label, content) in enumerate(options.items()):
            look: Literal["primary", "secondary"] = "secondary" if place else "primary"
            if st.button(plain_markdown(label), key=f"{key} {label}", type=look):
                trial.answer("accept", content)
                st.rerun(scope="fragment")
        if st.button("Decline", key=f"{key} declines", type="tertiary"):
            trial.answer("decline")
            st.rerun(scope="fragment")


def show_ended(trial: Trial) -> None:
    """How a call ended: the result as a program gets it and as a model reads it."""
    result = trial.result
    status = "failed" if trial.has_failed else "cancelled" if trial.was_cancelled else "ok"
    shown = REFUSED if trial.was_refused else status_text(status)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{shown} in {seconds_text(trial.seconds)}", anchor=False)
        run = "" if result is None else str((result.meta or {}).get(EXECUTION_META, ""))
        if run:
            st.page_link(
                RUNS, label="The run", icon=":material/timeline:", query_params={"run": run}
            )
    if trial.was_cancelled:
        st.caption("The client gave the call up, and the run was stopped.")
    elif result is None:
        st.error(plain_markdown(trial.error, 600), icon=":material/error:")
        st.caption("An error of the protocol: a client shows it, a model may not see it.")
    else:
        show_result(result)
    with st.expander("What was sent"):
        show_json({"name": trial.tool, "arguments": dict(trial.arguments)})
        st.caption(f"tools/call, protocol {trial.protocol or 'not agreed'}")


def show_result(result: t.CallToolResult) -> None:
    """The parts of a result."""
    if result.structured_content is not None:
        st.subheader("For programs", anchor=False)
        show_json(result.structured_content)
    st.subheader("As a model reads it", anchor=False)
    for part in result.content:
        show_part(part)


def show_part(part: t.ContentBlock) -> None:
    """One part of what a model reads."""
    import base64

    match part.type:
        case "text":
            show_text(part.text)
        case "image":
            st.image(base64.b64decode(part.data))
        case "audio":
            st.audio(base64.b64decode(part.data), format=part.mime_type)
        case "resource_link":
            st.markdown(f":material/link: `{part.uri}`")
        case _:
            show_json(part.model_dump(mode="json", exclude_none=True))
