"""Widgets that show what is kept elsewhere, and change it: switches, for one."""

import pytest
from streamlit.testing.v1 import AppTest


def switched() -> None:
    """A page with two switches and a light that others may turn on and off."""
    import streamlit as st

    from studio.heeding import heed

    lights = st.session_state.setdefault("lights", {"hall": False, "attic": False})
    done = st.session_state.setdefault("done", [])

    def turn(name: str, is_on: bool) -> None:
        done.append((name, is_on))
        if not st.session_state.get("is broken"):
            lights[name] = is_on

    for name, is_on in lights.items():
        st.toggle(name, **heed(name, is_on, lambda on, name=name: turn(name, on)))


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(switched, default_timeout=60).run()


def shown(page: AppTest) -> dict[str, bool]:
    return {one.label: one.value for one in page.toggle}


def test_a_switch_is_switched_on_and_off_and_stays_the_same_switch(page: AppTest):
    hall = page.toggle[0].id

    page.toggle[0].set_value(True).run()
    page.toggle[0].set_value(False).run()

    assert page.session_state["done"] == [("hall", True), ("hall", False)]
    assert shown(page) == {"hall": False, "attic": False}
    assert page.toggle[0].id == hall, "else the keyboard would be left nowhere"


def test_it_shows_what_something_else_has_switched(page: AppTest):
    page.session_state["lights"]["hall"] = True
    page.run()

    assert shown(page) == {"hall": True, "attic": False}
    page.toggle[0].set_value(False).run()
    assert page.session_state["done"] == [("hall", False)]


def test_what_a_browser_says_that_has_not_heard_of_it_changes_nothing(page: AppTest):
    before = page._tree.get_widget_states()
    page.session_state["lights"]["hall"] = True
    page.run()

    page._run(before)

    assert page.session_state["done"] == []
    assert shown(page) == {"hall": True, "attic": False}


def test_what_is_said_of_a_switch_that_is_gone_changes_nothing(page: AppTest):
    page.toggle[1].set_value(True).run()
    before = page._tree.get_widget_states()
    del page.session_state["lights"]["attic"]
    page.run()

    page._run(before)

    assert page.session_state["done"] == [("attic", True)]
    assert shown(page) == {"hall": False}


def test_one_that_could_not_be_switched_shows_how_things_are(page: AppTest):
    page.session_state["is broken"] = True

    page.toggle[0].set_value(True).run()

    assert page.session_state["done"] == [("hall", True)]
    assert shown(page) == {"hall": False, "attic": False}
