"""Capabilities."""

from studio.state import desk
from tests.studio.conftest import button, said


def test_all_capabilities_are_listed_with_their_contracts(page):
    test = page("capabilities")

    assert not test.exception
    assert "Fit a straight line over time" in said(test)
    assert "customer_id, customers_file?" in said(test)


def test_those_of_the_workspace_stand_before_the_ready_ones(page):
    test = page("capabilities")

    own, ready = [one.value for one in test.header]
    assert own.startswith("Of this workspace")
    assert ready.startswith("Ready to use")
    words = said(test)
    assert words.index("Greet a guest") < words.index("Fit a straight line")


def test_the_search_finds_by_words(page):
    test = page("capabilities")

    test.text_input[0].set_value("onboarding plan").run()

    assert "Write the steps that welcome this customer." in said(test)
    assert "Load a table" not in said(test)


def test_a_capability_can_be_tried(page):
    test = page("capabilities", name="pick_customer")

    button(test, "Example values").click().run()
    button(test, "Run").click().run()
    run = test.query_params["run"]
    desk().runs[run].result(30)
    test.run()

    assert not test.exception
    assert "Done" in said(test)


def test_the_map_is_drawn(page):
    test = page("capabilities")

    test.segmented_control[0].set_value("Map").run()

    assert not test.exception
    assert len(test.get("plotly_chart")) == 1
