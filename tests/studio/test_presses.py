"""What a double click begins."""

import pytest
from streamlit.testing.v1 import AppTest

from studio import presses


def pressed() -> None:
    """A page whose button begins something, and says what it shows."""
    import streamlit as st

    from studio.presses import begin_once

    runs = st.session_state.setdefault("runs", [])

    def begin() -> str:
        runs.append(f"run {len(runs)}")
        return str(runs[-1])

    if st.button("Run"):
        st.session_state["shown"] = begin_once("run", begin)


def test_a_double_click_begins_one_run_and_shows_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(presses, "AGAIN_SECONDS", 3600)
    page = AppTest.from_function(pressed, default_timeout=60).run()

    page.button[0].click().run()
    page.session_state["shown"] = ""  # the second click came before it could be shown
    page.button[0].click().run()

    assert page.session_state["runs"] == ["run 0"]
    assert page.session_state["shown"] == "run 0"


def test_a_press_after_that_begins_another(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(presses, "AGAIN_SECONDS", -1)
    page = AppTest.from_function(pressed, default_timeout=60).run()

    page.button[0].click().run()
    page.button[0].click().run()

    assert page.session_state["shown"] == "run 1"
