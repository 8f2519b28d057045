"""Pipelines: the list; and one of them with its drawing, its form, and its run."""

import streamlit as st

from packetflow.kernel.cards import Description, PipelineCard, ProblemCard
from studio.lists import broken_files
from studio.running import show_drawing, show_run
from studio.showing import rows, words
from studio.state import description, desk, guard, listing, query
from studio.trying import examples_inside, show_form


def show_list() -> None:
    """All pipelines as cards."""
    st.title("Pipelines", anchor=False)
    st.html('<p class="pf-lead">Saved compositions of capabilities. Open one to run it.</p>')
    found = listing()
    broken_files([one for one in found.broken if "pipelines" in one.file], desk().folder)
    if not found.pipelines:
        st.info("There are none yet. Save one as pipelines/NAME.yaml.", icon=":material/lightbulb:")
    for place in range(0, len(found.pipelines), 2):
        for slot, card in zip(st.columns(2), found.pipelines[place : place + 2], strict=False):
            with slot, st.container(border=True, height="stretch"):
                show_card(card)


def show_card(card: PipelineCard) -> None:
    """One pipeline in short."""
    st.page_link(
        "pipelines.py", label=f"**{words(card.name)}**", icon=":material/account_tree:",
        query_params={"name": card.name},
    )  # fmt: skip
    st.markdown(card.intent or ":gray[No intent given.]")
    needed = [words(port.name).lower() for port in card.requires if not port.optional]
    st.caption(f"Needs {', '.join(needed)}." if needed else "Needs nothing: it runs as it is.")
    with st.container(horizontal=True, gap="small"):
        if card.problems:
            many = "" if len(card.problems) == 1 else "s"
            st.badge(f"{len(card.problems)} problem{many}", color="red", icon=":material/error:")
        for trigger in card.triggers:
            st.badge(f"starts on {trigger.replace(': ', ' ')}", color="gray")


def show_problems(problems: list[ProblemCard]) -> None:
    """What does not fit, each at its place."""
    for one in problems:
        look = st.error if one.severity == "error" else st.warning
        mend = f" Mend: {one.fix.text}." if one.fix else ""
        look(f"**{one.step or 'Whole pipeline'}**: {one.message}{mend}")


def show_contract(card: Description) -> None:
    """What it takes and gives."""
    takes, gives = st.columns(2)
    for slot, title, ports in (
        (takes, "It takes", card.requires),
        (gives, "It gives", card.provides),
    ):
        with slot:
            st.markdown(f"**{title}**")
            lines = (
                f"<tr><td>{port.name}{'?' if port.optional else ''}</td>"
                f'<td class="d">{port.type}</td></tr>'
                for port in ports
            )
            rows("".join(lines))


def begin(card: Description) -> None:
    """The form; once it began a run, the page shows that."""
    run = show_form(card, examples_inside(card))
    if run:
        st.query_params["run"] = run
        st.rerun()


def show_one(name: str) -> None:
    """One pipeline."""
    st.page_link("pipelines.py", label="All pipelines", icon=":material/arrow_back:")
    card = description(name)
    st.title(words(card.name), anchor=False)
    st.html(f'<p class="pf-lead">{card.intent}</p>')
    show_problems(card.problems)
    run = query("run")
    is_blocked = any(one.severity == "error" for one in card.problems)
    if run:
        with guard("run"):
            show_run(run, card)
        with st.expander("Run it again, with other inputs"):
            begin(card)
    else:
        show_drawing(card.drawing, {})
        st.header("Run it", anchor=False)
        if is_blocked:
            st.caption("It can run once the problems above are mended.")
        else:
            begin(card)
    with st.expander("What it takes and gives"):
        show_contract(card)
    with st.expander("Its file"):
        st.code(card.yaml, language="yaml")


if query("name"):
    show_one(query("name"))
else:
    show_list()
