"""Widgets whose value stands in the page's address."""

import pytest
from streamlit.testing.v1 import AppTest


def listed() -> None:
    """A list with a choice and a search, or one of its things."""
    import streamlit as st

    from studio.addressed import choice, search

    if "thing" not in st.query_params:
        choice("Kind", ["all", "new"], key="kind")
        search("Search", key="find", hint="by words")


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(listed, default_timeout=60).run()


def address(page: AppTest) -> dict[str, str]:
    return dict(page.query_params)


def test_what_is_chosen_and_searched_for_stands_in_the_address_and_leaves_it(page: AppTest):
    page.segmented_control[0].set_value("new").run()
    page.text_input[0].set_value("maps").run()
    told = address(page)

    page.segmented_control[0].set_value("all").run()
    page.text_input[0].set_value("").run()

    assert told == {"kind": "new", "find": "maps"}
    assert address(page) == {}


def test_what_a_browser_says_of_widgets_that_have_left_the_page_is_not_put_back(page: AppTest):
    page.segmented_control[0].set_value("new").run()
    page.text_input[0].set_value("maps").run()
    before = page._tree.get_widget_states()
    page.query_params.clear()
    page.query_params["thing"] = "one"
    page.run()

    page._run(before)

    assert address(page) == {"thing": "one"}
