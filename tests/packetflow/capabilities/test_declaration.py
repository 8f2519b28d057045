"""What is read off a function, and what is said when it cannot be declared."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, NotRequired, TypedDict

import pydantic
import pytest

from packetflow import Context, Effect, capability, secret
from packetflow.capabilities.effects import Safety
from packetflow.errors import DeclarationError


class Page(TypedDict):
    text: str
    language: NotRequired[str]


@dataclass
class Account:
    user: str
    password: Annotated[str, secret]


class Card(pydantic.BaseModel):
    title: str
    account: Account


def test_a_contract_is_read_from_names_types_and_defaults():
    @capability(provides="summary")
    def summarize(text: str, context: Context, language: str = "en") -> str:
        """Shorten a text
        to its gist.

        Args:
            text: What to shorten,
                as it is.
            language: Of the text.
        """
        return text

    contract = summarize.contract
    assert str(contract) == "(text: str, language?: str) -> (summary: str)"
    assert contract.inputs["text"].help == "What to shorten, as it is."
    assert contract.inputs["language"].default == "en"
    assert summarize.declaration.intent == "Shorten a text to its gist."
    assert summarize.declaration.context == "context"
    assert summarize.declaration.place == "thread"


def test_returned_types_with_fields_provide_their_fields():
    @capability
    def page(url: str) -> Page: ...

    @capability
    async def card(url: str) -> Card: ...

    assert str(page.contract) == "(url: str) -> (text: str, language?: str)"
    assert [port.name for port in card.contract.provides] == ["title", "account"]
    assert card.declaration.place == "loop"


def test_pieces_add_up_to_text_or_a_list():
    @capability(provides="text")
    def words(n: int) -> Iterator[str]:
        yield "a"

    @capability(provides="numbers")
    async def numbers(n: int) -> AsyncIterator[int]:
        yield 1

    assert str(words.contract) == "(n: int) -> (text: str)"
    assert str(numbers.contract) == "(n: int) -> (numbers: list[int])"


def test_a_value_with_a_secret_part_is_secret_as_a_whole():
    @capability(provides="done")
    def opens(
        account: Account,
        accounts: list[Account],
        key: pydantic.SecretStr,
        token: Annotated[str, secret] | None,
        user: str,
    ) -> bool: ...

    hidden = {port.name for port in opens.contract.requires if port.secret}
    assert hidden == {"account", "accounts", "key", "token"}

    @capability
    def card(url: str) -> Card: ...

    assert {port.name: port.secret for port in card.contract.provides} == {
        "title": False,
        "account": True,
    }


def no_type(text) -> str: ...
def no_return(text: str): ...
def no_name(text: str) -> str: ...
def no_list_name(text: str) -> list[str]: ...
def many(*texts: str) -> Page: ...
def positional(text: str, /) -> Page: ...
def unknown(text: "Nowhere") -> Page: ...  # noqa: F821 - that is the point
def yields(n: int) -> str:
    yield "a"


def nothing(n: int) -> None: ...
async def waits(n: int) -> Page: ...


REFUSED = {
    "no_type": (no_type, {}, "'text' has no type; annotate it (`text: str`)"),
    "no_return": (no_return, {}, "does not say what it returns"),
    "no_name": (no_name, {}, "returns a str without a name; say @capability(provides='...')"),
    "no_list_name": (no_list_name, {}, "returns a list[str] without a name"),
    "many": (many, {}, "takes *texts; name each value it needs"),
    "positional": (positional, {}, "'text' is positional-only"),
    "unknown": (unknown, {}, "uses the type 'Nowhere', which cannot be found"),
    "yields": (yields, {"provides": "x"}, "yields, so annotate it `-> Iterator[str]`"),
    "nothing": (nothing, {"provides": "x"}, "promises 'x' but is annotated `-> None`"),
    "async elsewhere": (waits, {"run_in": "thread"}, "is async, so it runs on the loop"),
    "bad name": (nothing, {"name": "not a name"}, "'not a name' cannot name a capability"),
    "no effect": (nothing, {"effects": ["network"]}, "'network' is no effect"),
    "reconcile": (
        nothing,
        {"effects": [Effect.writes("x", on_ambiguous="reconcile")]},
        "wants to reconcile 'x'; pass reconcile=",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_declared_says_what_to_write(name):
    function, said, message = REFUSED[name]

    with pytest.raises(DeclarationError) as refused:
        capability(**said)(function)

    assert message in str(refused.value)


def test_a_process_needs_a_function_that_can_be_found_and_takes_no_context():
    def inside(n: int) -> None: ...

    with pytest.raises(DeclarationError, match="define it at the top level"):
        capability(run_in="process")(inside)


def test_effects_say_how_freely_a_call_may_be_repeated():
    def safety(*effects: Effect) -> Safety:
        return capability(effects=effects)(nothing).declaration.safety

    assert safety(Effect.reads("network"), Effect.audit()) is Safety.PURE
    assert safety(Effect.writes("files", idempotent=True)) is Safety.IDEMPOTENT
    assert safety(Effect.writes("files", idempotent=True), Effect.writes("x")) is Safety.GUARDED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"provides": ["a", "b"]}, "return a TypedDict, a dataclass or a pydantic model"),
        ({"provides": "a", "place": "thread"}, "knows no 'place'; did you mean 'run_in'"),
        ({"provides": "a", "run_in": "threads"}, "it must be one of 'loop', 'thread', 'process'"),
        ({"provide": "a"}, "did you mean 'provides'?"),
    ],
)
def test_words_that_nobody_knows_are_refused_with_the_nearest(words, said):
    def double(n: int) -> int:
        return 2 * n

    with pytest.raises(DeclarationError, match=re.escape(said)):
        capability(**words)(double)
