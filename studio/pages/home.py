"""Home: where to start, what waits for somebody, what ran lately."""

import tomllib
from collections.abc import Sequence
from html import escape

import streamlit as st

from packetflow.kernel.cards import PipelineCard
from packetflow.store.queries import answer, latest
from studio.asking import questions
from studio.beginning import offer_templates
from studio.lists import broken_files, run_links
from studio.running import start
from studio.showing import words
from studio.state import desk, guard, listing
from studio.widgets import TABLES, keep_upload

REPORT = "research_report"
here = desk()


def open_run(pipeline: str, values: dict[str, str]) -> None:
    """Begin a run and go where it can be watched."""
    run = start(pipeline, values)
    st.switch_page("library.py", query_params={"pipeline": pipeline, "run": run})


def intent() -> str:
    """What the workspace says of itself."""
    try:
        settings = tomllib.loads((here.folder / "packetflow.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(settings.get("intent", ""))


def show_example() -> None:
    """A report that needs no inputs."""
    st.header(":blue[:material/bar_chart_4_bars:] See an example", anchor=False)
    st.markdown("A report on the life expectancy of 142 countries, made before your eyes.")
    if st.button("Make the example report", type="primary", icon=":material/play_arrow:"):
        open_run(REPORT, {})
    st.page_link("build.py", label="See how it is made", icon=":material/draw:",
                 query_params={"pipeline": REPORT})  # fmt: skip


def show_own_table() -> None:
    """The same report for a table of one's own."""
    st.header(":blue[:material/upload_file:] Try your own table", anchor=False)
    upload = st.file_uploader("A CSV, Excel, Parquet or JSON file", TABLES)
    path = st.text_input("or its path or web address")
    if st.button("Make the report", disabled=not (upload or path.strip())):
        source = keep_upload(upload.getvalue(), upload.name, here.folder) if upload else path
        open_run(REPORT, {"source": source.strip()})


def show_how_to_add() -> None:
    """Where what one writes belongs."""
    st.header(":blue[:material/add_circle:] Add your own", anchor=False)
    st.markdown(
        "Functions under `@capability` belong in `capabilities/`, pipelines in `pipelines/`. "
        "Save a file, and what is in it is here."
    )
    st.page_link("library.py", label="What there is to build with",
                 icon=":material/extension:")  # fmt: skip
    st.caption("`packetflow studio` outside of a workspace opens the examples.")


def show_pipelines(cards: Sequence[PipelineCard]) -> None:
    """The first few, by name."""
    st.header(":blue[:material/account_tree:] Open a pipeline", anchor=False)
    for one in cards[:6]:
        st.page_link(
            "library.py", label=words(one.name), help=one.intent, icon=":material/account_tree:",
            query_params={"pipeline": one.name},
        )  # fmt: skip
    if len(cards) > 6:
        st.page_link("library.py", label="All pipelines", icon=":material/arrow_forward:",
                     query_params={"kind": "Pipelines"})  # fmt: skip


st.title(words(here.name), anchor=False)
st.html(
    f'<p class="pf-lead">{escape(intent() or "A workspace of capabilities and pipelines.")}</p>'
)

with guard("what there is"):
    found = listing()
    names = {one.name for one in found.pipelines}
    broken_files(found.broken, here.folder)

    if REPORT in names:
        first, second, third = st.columns(3)
        with first, st.container(border=True, height="stretch"):
            show_example()
        with second, st.container(border=True, height="stretch"):
            show_own_table()
        with third, st.container(border=True, height="stretch"):
            show_pipelines(found.pipelines)
    elif names:
        first, second = st.columns(2)
        with first, st.container(border=True, height="stretch"):
            show_pipelines(found.pipelines)
        with second, st.container(border=True, height="stretch"):
            show_how_to_add()
    else:
        st.header("Begin a pipeline", anchor=False)
        offer_templates()
        with st.container(border=True):
            show_how_to_add()

    if names:
        st.page_link(
            "export.py", icon=":material/electrical_services:",
            label="Let Claude, VS Code and other AI clients call them as tools (MCP)",
        )  # fmt: skip

with guard("what waits"):
    waiting = st.container()
    with waiting:
        slot = st.empty()
        if questions():
            slot.header("Waits for you", anchor=False)

with guard("recent runs"):
    recent = answer(here.store, latest(limit=8)).to_pylist()
    st.header("Recent runs", anchor=False)
    if recent:
        run_links(recent)
        st.page_link("runs.py", label="All runs", icon=":material/arrow_forward:")
    else:
        st.caption("Nothing has run here yet. PacketFlow puts Python functions together into "
                   "pipelines, runs them, and keeps every step; what runs is listed here, with its "
                   "values and times.")  # fmt: skip
