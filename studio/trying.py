"""Forms that run something: fill in by hand, by example or by a file, then Run."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from packetflow.errors import PacketFlowError, WrongType
from packetflow.kernel.cards import CapabilityCard, Description
from studio.advice import advise
from studio.differences import are_same
from studio.forms import Field, combined, fields_of, samples
from studio.past import was_lost
from studio.presses import begin_once
from studio.reading import read
from studio.running import show_run, start
from studio.showing import words
from studio.state import box, description, desk, guard, listing, query
from studio.widgets import draw_form, preset, settle, unpacked


def show_form(card: Description, examples: Iterable[Mapping[str, Any]]) -> str:
    """Draw the form of a contract; answers the id of the run it began, or nothing.

    Args:
        card: What is to run.
        examples: Inputs that work, best first; also of capabilities inside.
    """
    fields = fields_of(card.requires_schema, card.requires)
    prefix = f"form {card.name}"
    fill_buttons(prefix, fields, combined(fields, examples))
    errors = st.session_state.get(f"{prefix} errors", {})
    with st.form(prefix):
        typed = draw_form(prefix, fields, errors)
        if not fields:
            st.caption("It needs no inputs.")
        is_wanted = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:")
    if not is_wanted:
        return ""
    settled, complaints = settle(typed, fields, desk().folder)
    filled = read(fields, settled)
    return _begun(prefix, filled.errors | complaints, lambda: start(card.name, filled.values))


def _begun(
    prefix: str,
    complaints: Mapping[str, str],
    begin: Callable[[], str],
    scope: Literal["app", "fragment"] = "app",
) -> str:
    """Begin a run, or draw the form again with what is wrong with it."""
    run = ""
    if not complaints:
        try:
            run = begin()
        except WrongType as error:
            facts = vars(error)
            complaints = {str(facts["name"]): f"it {facts['reason']}"}
        except PacketFlowError as error:
            box(advise(error), key=f"{prefix} run")
            return ""
    st.session_state[f"{prefix} errors"] = complaints
    if complaints:
        st.rerun(scope=scope)
    return run


def fill_changed(execution_id: str, card: Description, inputs: Mapping[str, Any]) -> None:
    """Fill the form of `show_changed` before it is opened."""
    fields = fields_of(card.requires_schema, card.requires)
    preset(f"changed {execution_id}", fields, _kept(inputs))


def _kept(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not was_lost(value)}


def show_changed(execution_id: str, card: Description, inputs: Mapping[str, Any]) -> str:
    """The form of a run again with other inputs, in a dialog; answers the new run's id, or nothing.

    Args:
        execution_id: Of the run before.
        card: What ran, as it is now.
        inputs: What it was given; what was not kept is asked for anew.
    """
    fields, kept = fields_of(card.requires_schema, card.requires), _kept(inputs)
    prefix = f"changed {execution_id}"
    with st.form(prefix, border=False):
        typed = draw_form(prefix, fields, st.session_state.get(f"{prefix} errors", {}))
        st.caption("Steps that do not depend on what you change are taken over from this run.")
        if not st.form_submit_button("Start", type="primary", icon=":material/play_arrow:"):
            return ""
    settled, complaints = settle(typed, fields, desk().folder)
    filled = read(fields, settled)
    before = {**{one.name: one.default for one in fields if not one.required}, **kept}
    changed = {
        name: value
        for name, value in filled.values.items()
        if name not in before or not are_same(value, before[name])
    }
    if not changed and not filled.errors | complaints:
        st.markdown(":orange[:material/info: Nothing is changed. Run again does the same anew.]")
        return ""
    return _begun(
        prefix,
        filled.errors | complaints,
        lambda: begin_once(
            f"{prefix} {hash(reprlib.repr(changed))}",
            lambda: desk().keep(desk().runner.fork(execution_id, "", changed)),
        ),
        "fragment",
    )


def fill_buttons(prefix: str, fields: Sequence[Field], example: Mapping[str, Any]) -> None:
    """Buttons that fill a form: with an example, or with a file of the workspace."""
    found = samples(desk().folder, fields)
    if not example and not found:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Fill in:", width="content")
        if example:
            st.button(
                "Example values", icon=":material/lightbulb:", key=f"{prefix} example",
                on_click=preset, args=(prefix, fields, unpacked(example)),
            )  # fmt: skip
        for name, values in found.items():
            st.button(
                words(name.removesuffix(".json")), icon=":material/description:",
                key=f"{prefix} {name}", on_click=preset, args=(prefix, fields, values),
                help=f"From files/{name}",
            )  # fmt: skip


def examples_inside(card: Description) -> list[Mapping[str, Any]]:
    """Examples of the capabilities that a pipeline uses, and of those it calls, in order."""
    known = {one.name: one for one in listing().capabilities}
    found: list[Mapping[str, Any]] = []
    for step in card.steps:
        if step.name in known:
            found += known[step.name].examples
    return found


def show_trial(card: CapabilityCard) -> None:
    """The form of a capability, and the run that it began."""
    described = description(card.name)
    run = show_form(described, card.examples)
    if run:
        st.query_params["run"] = run
        st.rerun()
    if query("run"):
        with guard("trial run"):
            show_run(query("run"), described)


def show_anew(execution_id: str, failed_step: str, gone: Sequence[str]) -> str:
    """Offer a run again with what was not kept typed anew; answers the new run's id, or nothing.

    Args:
        execution_id: Of the run before.
        failed_step: Where to begin; empty for the start.
        gone: The inputs that were not kept, secrets above all.
    """
    label = f"Replay from {words(failed_step)}" if failed_step else "Run again"
    look: Literal["primary", "secondary"] = "primary" if failed_step else "secondary"
    with st.popover(label, icon=":material/replay:", type=look), st.form("anew", border=False):
        st.caption("Secrets are never kept; give them anew.")
        typed = {one: st.text_input(words(one), type="password") for one in gone}
        if not st.form_submit_button("Start", type="primary"):
            return ""
        missing = [words(one) for one, text in typed.items() if not text]
        if missing:
            st.markdown(f":red[:material/error: Please fill in {', '.join(missing)}.]")
            return ""
    fork = desk().runner.fork
    return begin_once(
        f"anew {execution_id}", lambda: desk().keep(fork(execution_id, failed_step, typed))
    )
