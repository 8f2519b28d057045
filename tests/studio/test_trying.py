"""Forms that run something."""

from streamlit.testing.v1 import AppTest

from packetflow.kernel.cards import CapabilityCard, Description, Listing, StepCard
from packetflow.store.queries import whole
from studio import trying
from studio.state import desk
from tests.studio.conftest import button, said


def the(fields, label: str):
    return next(one for one in fields if one.label == label)


def test_examples_come_from_the_capabilities_inside_in_order(monkeypatch):
    cards = [CapabilityCard("a", examples=[{"x": 1}]), CapabilityCard("b", examples=[{"y": 2}])]
    monkeypatch.setattr(trying, "listing", lambda: Listing(capabilities=cards))
    steps = [StepCard("b", "use", "b"), StepCard("s", "sequence"), StepCard("a", "use", "a")]

    found = trying.examples_inside(Description("p", steps=steps))

    assert found == [{"y": 2}, {"x": 1}]


def test_a_class_is_filled_in_field_by_field_and_run(page):
    test = page("library", capability="greet")
    button(test, "Run").click().run()
    assert said(test).count("Please fill this in.") == 3

    button(test, "Example values").click().run()
    assert the(test.text_input, "Name").value == "Ada"
    assert the(test.number_input, "Age").value == 36
    the(test.text_input, "Name").set_value("Bo")
    button(test, "Run").click().run()
    run = test.query_params["run"]
    desk().runs[run].result(60)
    test.run()

    assert not test.exception
    assert "Hello Bo 36" in said(test)


def test_what_the_runner_refuses_is_said_at_the_field(page):
    test = page("library", capability="greet")
    button(test, "Example values").click().run()
    the(test.text_input, "Name").set_value("A")

    button(test, "Run").click().run()

    assert "at least 2 characters" in said(test)
    assert "run" not in test.query_params


def _other_inputs(identity: str, given: str) -> None:
    """A page with nothing but the form of other inputs."""
    import streamlit as st

    from studio.state import description
    from studio.trying import fill_changed, show_changed

    card, inputs = description("onboard_sample_customer"), {"customer_id": given}
    if "filled" not in st.session_state:
        fill_changed(identity, card, inputs)
        st.session_state["filled"] = True
    st.text(f"begun {show_changed(identity, card, inputs)}")


def test_a_run_is_begun_with_other_inputs_and_not_with_the_same(page, ran):
    page()
    run = ran("onboard_sample_customer", customer_id="C-001")
    kwargs = {"identity": run.execution_id, "given": "C-001"}
    test = AppTest.from_function(_other_inputs, kwargs=kwargs, default_timeout=60).run()

    button(test, "Start").click().run()
    assert "Nothing is changed" in said(test)
    test.text_input[0].set_value("C-002")
    button(test, "Start").click().run()
    again = test.text[-1].value.removeprefix("begun ")

    assert not test.exception
    assert desk().runs[again].result(60).status == "ok"
    assert '"C-002"' in str(whole(desk().store, again).execution["inputs"])
