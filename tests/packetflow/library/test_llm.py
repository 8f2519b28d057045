import os
import subprocess
import sys

import pytest

from packetflow.errors import LibraryError
from packetflow.library.llm import MODEL_VARIABLE, Message, ask, open_model, refuse_tampered
from packetflow.library.scripted import ScriptedModel

SCHEMA = {
    "type": "object",
    "properties": {"tone": {"enum": ["glad", "sad"]}},
    "required": ["tone"],
}
ASKED = [Message("user", "What tone?")]


async def test_a_value_that_fits_is_given_at_the_first_try() -> None:
    model = ScriptedModel([{"tone": "glad"}])

    answer = await ask(model, ASKED, schema=SCHEMA)

    assert (answer.value, answer.tries) == ({"tone": "glad"}, 1)
    assert [(form or {}).get("type") for form in model.formats] == ["json_schema"]


@pytest.mark.parametrize(
    ("refuses", "kinds"),
    [(["json_schema"], ["json_object"]), (["json_schema", "json_object"], [None])],
)
async def test_a_refused_format_falls_back_to_the_next(
    refuses: list[str], kinds: list[str | None]
) -> None:
    model = ScriptedModel([{"tone": "sad"}], refuses=refuses)

    answer = await ask(model, ASKED, schema=SCHEMA)

    assert answer.value == {"tone": "sad"}
    assert [(form or {}).get("type") for form in model.formats] == kinds


async def test_a_reply_that_does_not_fit_is_sent_back_with_what_is_wrong() -> None:
    model = ScriptedModel(["I think glad.", {"tone": "angry"}, '```json\n{"tone": "glad"}\n```'])

    answer = await ask(model, ASKED, schema=SCHEMA)

    assert (answer.value, answer.tries) == ({"tone": "glad"}, 3)
    assert "it is no JSON" in model.asked[1][-1].content
    assert "at tone: 'angry' is not one of" in model.asked[2][-1].content


async def test_tokens_of_all_tries_are_added_up() -> None:
    model = ScriptedModel(["no", {"tone": "glad"}])

    answer = await ask(model, ASKED, schema=SCHEMA)

    assert answer.reply.tokens_out == 1 + 2
    assert answer.reply.cost_usd == 0.0


async def test_three_replies_that_do_not_fit_are_an_error() -> None:
    with pytest.raises(LibraryError, match="after 3 tries"):
        await ask(ScriptedModel(["a", "b", "c", "d"]), ASKED, schema=SCHEMA)


async def test_a_schema_that_is_none_is_refused_before_asking() -> None:
    model = ScriptedModel(["x"])

    with pytest.raises(LibraryError, match="no JSON Schema"):
        await ask(model, ASKED, schema={"type": "strange"})
    assert model.asked == []


def test_without_a_model_the_message_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)

    with pytest.raises(LibraryError, match=r"no model is configured.*PACKETFLOW_MODEL"):
        open_model()


@pytest.mark.parametrize("version", ["1.82", "1.82.0", "1.82.7"])
def test_tampered_versions_of_litellm_are_refused(version: str) -> None:
    with pytest.raises(LibraryError, match="refused"):
        refuse_tampered(version)


@pytest.mark.parametrize("version", ["1.100.0", "1.8.2", "1.820.0"])
def test_other_versions_of_litellm_are_taken(version: str) -> None:
    refuse_tampered(version)


LITELLM = """
import asyncio, os, socket, sys, warnings
warnings.simplefilter("ignore")
def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened")
socket.socket.connect = refuse
from packetflow.errors import LibraryError
from packetflow.library.llm import LitellmModel, Message, open_model
assert "litellm" not in sys.modules
async def main():
    for model in sys.argv[1:]:
        try:
            await LitellmModel(model).chat([Message("user", "Hello")])
        except LibraryError as error:
            print(error)
asyncio.run(main())
import litellm
print(os.environ["LITELLM_LOCAL_MODEL_COST_MAP"], litellm.telemetry)
"""


def test_litellm_is_loaded_late_and_quietly_and_misses_its_key() -> None:
    clean = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}

    run = subprocess.run(
        [sys.executable, "-c", LITELLM, "openai/gpt-4o-mini", "nonsense"],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    first, second, last = run.stdout.splitlines()
    assert "needs OPENAI_API_KEY in the environment" in first
    assert "no provider is known for model 'nonsense'" in second
    assert last == "True False"
