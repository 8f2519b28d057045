"""Draws one saved pipeline: run it, its runs, its versions, its file."""

from __future__ import annotations

from html import escape

import streamlit as st

from packetflow.kernel.cards import Description, Listing, PipelineCard, ProblemCard
from packetflow.store.queries import Filter
from studio.addressed import choice
from studio.capability import LIBRARY, show_pipelines_with
from studio.contracts import show_contract
from studio.running import show_drawing, show_run
from studio.showing import words
from studio.state import description, desk, guard, listing, query
from studio.trying import examples_inside, show_form
from studio.usage import show_usage
from studio.versions import show_versions

PARTS = ("Run", "Past runs", "Versions", "File")


def show_pipeline(name: str) -> None:
    """One pipeline.

    Raises:
        UnknownName: There is none of that name.
    """
    card, found = description(name), listing()
    listed = next((one for one in found.pipelines if one.name == name), None)
    st.title(words(card.name), anchor=False)
    st.html(f'<p class="pf-lead">{escape(card.intent)}</p>')
    show_facts(card, listed)
    show_problems(card.problems)
    part = choice("Part", PARTS, key="part")
    match part:
        case "Past runs":
            with guard("runs"):
                show_usage(Filter(name=name), empty="It has not run here yet.")
        case "Versions":
            with guard("versions"):
                show_versions(name)
        case "File":
            show_file(card, listed)
        case _:
            show_running(card, found)


def show_facts(card: Description, listed: PipelineCard | None) -> None:
    """Version and triggers in badges, and the way to the editor."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(f"version {card.version}", color="gray")
        for trigger in listed.triggers if listed else ():
            st.badge(f"starts on {trigger.replace(': ', ' ')}", color="gray")
        if listed is not None and listed.file:
            st.page_link(
                "build.py", label="Open in Build", icon=":material/draw:", width="content",
                query_params={"pipeline": card.name},
            )  # fmt: skip
            st.page_link(
                "export.py", icon=":material/electrical_services:", width="content",
                label="Offered as a tool" if listed.exposed else "Export",
                query_params={"tool": card.name},
            )  # fmt: skip


def show_problems(problems: list[ProblemCard]) -> None:
    """What does not fit, each at its place."""
    for one in problems:
        look = st.error if one.severity == "error" else st.warning
        mend = f" Mend: {one.fix.text}." if one.fix else ""
        look(f"**{one.step or 'Whole pipeline'}**: {one.message}{mend}")


def show_running(card: Description, found: Listing) -> None:
    """Its picture, the form, and the run that it began."""
    run = query("run")
    if run:
        with guard("run"):
            show_run(run, card)
        with st.expander("Run it again, with other inputs"):
            begin(card)
    else:
        show_drawing(card.drawing, {})
        st.header("Run it", anchor=False)
        if any(one.severity == "error" for one in card.problems):
            st.caption("It can run once the problems above are mended.")
        else:
            begin(card)
    with st.expander("What it takes and gives"):
        show_contract(card.requires, card.provides)
    parts = [one for one in found.pipelines if card.name in one.calls]
    if parts:
        st.header("Where it is used", anchor=False)
        show_pipelines_with(card.name, found)


def begin(card: Description) -> None:
    """The form; once it began a run, the page shows that."""
    run = show_form(card, examples_inside(card))
    if run:
        st.query_params["run"] = run
        st.rerun()


def show_file(card: Description, listed: PipelineCard | None) -> None:
    """What it is made of, as links, and its text."""
    folder = f"{desk().folder}/"
    if listed is not None:
        file = listed.file.removeprefix(folder)
        st.caption(file or "It was built in Python and has no file.")
        with st.container(horizontal=True, gap="small"):
            for kind, names in (("capability", listed.uses), ("pipeline", listed.calls)):
                for one in names:
                    st.page_link(
                        LIBRARY, label=words(one), width="content", query_params={kind: one},
                        icon=":material/extension:" if kind == "capability"
                        else ":material/account_tree:",
                    )  # fmt: skip
    st.code(card.yaml, language="yaml")
