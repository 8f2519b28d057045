"""Values fixed on secret inputs stay out of files and digests."""

from dataclasses import replace
from typing import Annotated

import pytest

from packetflow import Pipeline, Port, Trigger, capability, pipeline, secret
from packetflow.composition import definition_sha, dump, load
from packetflow.composition.check import check_pipeline
from packetflow.composition.concealing import concealed, not_kept
from packetflow.errors import CompositionError


@capability(provides="greeting")
def greet(name: str, token: Annotated[str | None, secret] = None) -> str:
    """Greet somebody."""
    return f"Hello {name} {token is None}"


def hidden() -> Pipeline:
    return pipeline("hidden", greet.setting(token="hunter2"))


@pytest.mark.parametrize(
    "telling",
    [
        hidden(),
        pipeline("outer", hidden().as_step() >> greet.setting(token="hunter2")),
        replace(pipeline("t", greet), triggers=(Trigger("event", "e", {"token": "hunter2"}),)),
        replace(pipeline("d", greet), inputs={"token": Port("token", str, True, "hunter2", True)}),
    ],
    ids=["step", "call", "trigger", "default"],
)
def test_a_secret_is_refused_in_a_file_and_left_out_of_a_record(telling: Pipeline):
    with pytest.raises(CompositionError, match="'token' is secret"):
        dump(telling)

    assert "hunter2" not in dump(concealed(telling))
    assert '{"$secret": true}' in dump(concealed(telling))


def test_a_record_reads_back_with_the_place_of_the_secret_and_is_not_run():
    kept = load(dump(concealed(hidden())), lambda kind, name: greet)

    assert list(not_kept(kept.step)) == [("greet", "token")]
    assert [problem.name for problem in check_pipeline(kept)] == ["token"]
    assert definition_sha(kept) == definition_sha(hidden())


def test_no_value_at_all_is_no_secret():
    assert "token: null" in dump(pipeline("plain", greet.setting(token=None)))
