"""Home: where to start, what waits for somebody, what ran lately."""

import tomllib

import streamlit as st

from packetflow.store.queries import answer, latest
from studio.asking import questions
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
    st.switch_page("pipelines.py", query_params={"name": pipeline, "run": run})


def intent() -> str:
    """What the workspace says of itself."""
    try:
        settings = tomllib.loads((here.folder / "packetflow.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(settings.get("intent", ""))


st.title(words(here.folder.name) if not intent() else "Good to see you", anchor=False)
st.html(f'<p class="pf-lead">{intent() or "A workspace of capabilities and pipelines."}</p>')

with guard("what there is"):
    found = listing()
    names = {one.name for one in found.pipelines}
    broken_files(found.broken, here.folder)

    first, second, third = st.columns(3)
    with first, st.container(border=True, height="stretch"):
        st.header(":blue[:material/bar_chart_4_bars:] See an example", anchor=False)
        st.markdown("A report on the life expectancy of 142 countries, made before your eyes.")
        if st.button("Make the example report", type="primary", disabled=REPORT not in names):
            open_run(REPORT, {})
    with second, st.container(border=True, height="stretch"):
        st.header(":blue[:material/upload_file:] Try your own table", anchor=False)
        upload = st.file_uploader(
            "A CSV, Excel, Parquet or JSON file",
            TABLES,
            disabled=REPORT not in names,
        )
        path = st.text_input("or its path or web address", disabled=REPORT not in names)
        if st.button("Make the report", disabled=not (upload or path.strip())):
            source = keep_upload(upload.getvalue(), upload.name, here.folder) if upload else path
            open_run(REPORT, {"source": source.strip()})
    with third, st.container(border=True, height="stretch"):
        st.header(":blue[:material/account_tree:] Open a pipeline", anchor=False)
        if not found.pipelines:
            st.caption("None yet. Save one as pipelines/NAME.yaml and it appears here.")
        for one in found.pipelines[:6]:
            st.page_link(
                "pipelines.py", label=words(one.name), help=one.intent,
                query_params={"name": one.name},
            )  # fmt: skip
        if len(found.pipelines) > 6:
            st.page_link("pipelines.py", label="All pipelines", icon=":material/arrow_forward:")

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
        st.caption("Nothing has run here yet. The example report takes a second or two.")
