"""Wrong calls are answered with what is missing and a call that is right."""

import inspect

import pytest

from packetflow import Effect
from packetflow.capabilities.calling import shows_how
from packetflow.errors import CompositionError, DeclarationError


@shows_how("bake('rye', hours=2)")
def bake(flour: str, *, hours: int, at: int = 220) -> str:
    """Bake a bread."""
    return flour + len(hours)  # type: ignore[arg-type]  # a mistake inside


@shows_how("gather('a', 'b', into='c')")
def gather(*names: str, into: str) -> str:
    return into


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: bake(), "bake needs 'flour' and 'hours'. Write bake('rye', hours=2)"),
        (lambda: bake("rye"), "bake needs 'hours'."),
        (lambda: bake("rye", 2), "bake takes only flour without a name; give hours, at by name."),
        (lambda: bake("rye", hour=2), "bake knows no 'hour'; did you mean 'hours'?"),
        (lambda: bake("rye", lid=2), "bake knows no 'lid'; it takes flour, hours, at."),
        (lambda: gather("a", "b"), "gather needs 'into'."),
        (lambda: gather("a", "b", "c", into="d", form=1), "gather knows no 'form'"),
    ],
)
def test_a_wrong_call_says_what_is_missing_and_shows_a_right_one(call, said):
    with pytest.raises(CompositionError) as refused:
        call()

    assert str(refused.value).startswith(said)
    assert " Write " in str(refused.value)


def test_a_type_error_from_inside_stays_what_it_is():
    with pytest.raises(TypeError, match="has no len"):
        bake("rye", hours=2)


def test_a_type_error_in_the_first_line_of_what_is_called_inside_stays_too():
    with pytest.raises(TypeError, match="has no len"):
        bake(flour="rye", hours=0)


def test_signature_name_and_docstring_stay():
    assert list(inspect.signature(bake).parameters) == ["flour", "hours", "at"]
    assert (bake.__name__, bake.__doc__) == ("bake", "Bake a bread.")


def test_an_effect_is_declared_with_what_it_touches():
    with pytest.raises(
        DeclarationError, match=r"needs 'target'\. Write Effect\.writes\('payments'\)"
    ):
        Effect.writes()  # type: ignore[call-arg]  # that is the point


def test_an_effect_that_nobody_knows_how_to_take_up_is_refused():
    with pytest.raises(
        DeclarationError, match="must be one of 'ask', 'again', 'skip', 'reconcile'"
    ):
        Effect.writes("payments", on_ambiguous="never")
