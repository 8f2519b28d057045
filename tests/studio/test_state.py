"""What the pages share."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from studio.state import RUNS_KEPT, Desk


class Run:
    """A run as far as the desk looks at it."""

    def __init__(self, name: str, *, is_over: bool = True) -> None:
        self.execution_id = name
        self._is_over = is_over

    def done(self) -> bool:
        return self._is_over


def test_a_desk_keeps_the_latest_runs_and_all_under_way(tmp_path: Path):
    desk = Desk(tmp_path)
    desk.keep(Run("first", is_over=False))
    for number in range(RUNS_KEPT + 20):
        desk.keep(Run(str(number)))

    assert "first" in desk.runs
    assert "0" not in desk.runs
    assert len(desk.runs) <= RUNS_KEPT + 1


def test_a_desk_knows_which_runs_it_follows_from_their_middle(tmp_path: Path):
    desk = Desk(tmp_path)

    desk.keep(Run("a"), late=True)
    desk.keep(Run("b"))
    assert desk.late == {"a"}
    desk.keep(Run("a"))
    assert desk.late == set()


def test_a_desk_closes_even_if_a_connection_breaks(tmp_path: Path):
    desk = Desk(tmp_path)

    class Broken:
        def close(self) -> None:
            raise OSError("gone")

    desk._runner = Broken()
    desk.close()

    assert desk._runner is None


def test_a_broken_part_is_a_box_and_the_rest_goes_on():
    def script() -> None:
        import streamlit as st

        from packetflow.errors import UnknownName
        from studio.state import guard

        with guard("first"):
            raise UnknownName("pipeline", "tale", nearest=["table"])
        st.write("the rest")

    test = AppTest.from_function(script).run()

    assert not test.exception
    assert "Not found" in test.markdown[0].value
    assert test.text[0].value == "No pipeline is called 'tale'; did you mean 'table'?"
    assert not test.button, "trying again leads nowhere"
    assert test.markdown[-1].value == "the rest"
