"""Secrets: nothing of them in any record, event or message."""

from dataclasses import dataclass
from typing import Annotated, TypedDict

import msgspec
import pydantic
import pytest

from packetflow import (
    Context,
    capability,
    each,
    fallback,
    parallel,
    pipeline,
    race,
    secret,
    then,
    when,
)
from packetflow.engine.engine import Engine
from packetflow.engine.events import Ended
from packetflow.engine.veil import without, words_of
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import RecordingSink

WORD = "hunter2-is-the-word"
Secret = Annotated[str, secret]


@dataclass
class Account:
    user: str
    password: Annotated[str, secret]


class Login(TypedDict):
    token: Annotated[str, secret]


@capability(run_in="loop")
def login(user: str) -> Login:
    return {"token": WORD}


@capability(provides="password")
async def makes(user: str) -> Secret:
    return WORD


@capability(provides="length")
async def uses(password: Secret) -> int:
    return len(password)


@capability(provides="length")
async def unmarked(token: str) -> int:
    raise ValueError(f"cannot use {token}")


@capability(provides="length")
async def fails(password: Secret) -> int:
    raise ValueError(f"wrong password {password}")


@capability(provides="length")
async def talks(password: Secret, context: Context) -> int:
    context.log(f"using {password}", detail=password)
    context.record(note=f"with {password}")
    context.post("room", f"it is {password}")
    context.progress(0.5, password)
    context.emit("used", {"password": password})
    return 1


@capability(provides="length")
async def account_length(account: Account) -> int:
    raise ValueError(f"bad {account.password} {account}")


@capability(provides="shout")
async def spells(password: Secret) -> Secret:
    return password.upper()


@capability(provides="length")
def sums(passwords: list[Secret]) -> int:
    return sum(map(len, passwords))


def opened(user: str) -> Account:
    return Account(user, WORD)


@capability(provides="got")
async def knows(length: int) -> int:
    """Has the word from elsewhere, such as a client that the step before has opened."""
    raise ValueError(f"still no good: {WORD}")


@capability(provides="mail")
async def chatters(length: int, context: Context) -> str:
    context.log(f"still using {WORD}")
    return "sent"


OUTER = pipeline("outer", makes.writing(password="word"), provides=["word"])

FLOWS = {
    "known to a later step": (uses >> knows, {"password": WORD}),
    "made before a later step": (makes >> uses >> knows, {"user": "me"}),
    "fixed elsewhere": (uses.setting(password=WORD) >> knows, {}),
    "fixed inside": (then(pipeline("in", uses.setting(password=WORD))) >> knows, {}),
    "logged later": (uses >> chatters, {"password": WORD}),
    "secret for the caller": (then(OUTER) >> uses.reading(password="word"), {"user": "me"}),
    "condition": (uses >> when("password.size() > nosuch", knows), {"password": WORD, "nosuch": 1}),
    "given": (uses, {"password": WORD}),
    "made": (makes >> uses, {"user": "me"}),
    "read unmarked": (login >> unmarked, {"user": "me"}),
    "failing": (fails.retry(2, on=ValueError), {"password": WORD}),
    "failing each": (each(fails, "passwords"), {"passwords": [WORD]}),
    "each": (each(uses, "passwords"), {"passwords": [WORD, WORD]}),
    "collected": (each(makes, "users") >> sums, {"users": ["a", "b"]}),
    "talking": (talks, {"password": WORD}),
    "field": (account_length, {"account": Account("me", WORD)}),
    "cached": (then(makes.cache(), makes.cache(), spells.cache()), {"user": "me"}),
    "race": (race(makes, makes.setting(user="other")), {"user": "me"}),
    "fallback": (fallback(fails, unmarked.reading(token="password")), {"password": WORD}),
    "called": (then(pipeline("inner", makes >> fails)), {"user": "me"}),
    "fixed": (fails.setting(password=WORD), {}),
    "timed": (parallel(talks, makes.writing(password="other")), {"password": WORD, "user": "x"}),
}


@pytest.mark.parametrize("name", FLOWS)
async def test_a_secret_is_in_no_record_and_no_event(name):
    flow, inputs = FLOWS[name]
    sink, heard = RecordingSink(), []
    engine = Engine(sink, clock=FakeClock())
    if name.startswith("fixed"):  # what people write into a composition is in its text
        engine.definitions.seen = lambda *_: ""

    execution = await engine.run(flow, inputs, listener=heard.append)

    assert execution.status in ("ok", "failed")
    for record, content in zip(sink.read, sink.kept, strict=True):
        assert WORD.encode() not in content, record
        assert WORD.upper().encode() not in content, record
    for event in heard:
        if not isinstance(event, Ended):
            assert WORD not in repr(event)
            assert WORD.encode() not in msgspec.msgpack.encode(getattr(event, "span", None))


async def test_a_run_whose_input_is_secret_says_that_it_cannot_be_taken_up():
    from packetflow.errors import RunError

    sink = RecordingSink()
    await Engine(sink, clock=FakeClock()).run(uses, {"password": WORD})

    with pytest.raises(RunError, match="its input 'password' was not kept"):
        Engine(RecordingSink()).resume(uses, sink.read[:-1])


async def test_a_step_whose_output_is_secret_is_made_again_when_a_run_is_taken_up():
    sink = RecordingSink()
    whole = await Engine(sink, clock=FakeClock()).run(makes >> uses, {"user": "me"})

    execution = await Engine(RecordingSink()).resume(makes >> uses, sink.read[:-2])

    assert execution["length"] == whole["length"]


def test_the_texts_inside_a_secret_are_blacked_out_too():
    def shown(hidden):
        return without(f"a {WORD} b no", words_of(hidden))

    for hidden in (WORD, Account("me", WORD), [{"k": WORD}], pydantic.SecretStr(WORD)):
        assert shown(hidden) == "a *** b no"
    assert shown("no") == f"a {WORD} b ***"


@pytest.mark.parametrize(
    ("hidden", "text", "shown"),
    [
        ("7f", "key '7f' is not 17f0", "key '***' is not 17f0"),
        (42, "pin 42, not 1421", "pin ***, not 1421"),
        ("x", "x is wrong, see exit", "*** is wrong, see exit"),
        ("", "nothing is hidden", "nothing is hidden"),
        (" ", "no  space is", "no  space is"),
    ],
)
def test_a_very_short_secret_is_blacked_out_where_it_stands_alone(hidden, text, shown):
    assert without(text, words_of(hidden)) == shown
