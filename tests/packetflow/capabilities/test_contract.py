"""How declared things show themselves: short, in one line, without secrets."""

from typing import Annotated

import pytest

from packetflow import Audio, Contract, Effect, Image, Markdown, Port, capability, secret


@capability(provides="page")
def fetch(url: str, tries: int = 3) -> str:
    return url


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (Port("text", str), "<port text: str>"),
        (Port("n", int, optional=True, default=3), "<port n?: int = 3>"),
        (
            Port("ns", list[int], optional=True, default=list(range(1000))),
            "<port ns?: list[int] = [0, 1, 2, 3, 4, 5, ...]>",
        ),
        (
            Port("key", Annotated[str, secret], optional=True, default="hunter2", secret=True),
            "<port key?: str, secret>",
        ),
        (Contract((Port("n", int),), ()), "<contract (n: int) -> ()>"),
        (fetch.declaration, "<declaration fetch(url: str, tries?: int) -> (page: str)>"),
        (Effect.reads("network"), "<effect reads network>"),
        (Effect.writes("files", idempotent=True), "<effect writes files, idempotent>"),
        (Effect.writes("payments", on_ambiguous="skip"), "<effect writes payments, skip>"),
        (Image(b"x" * 10_000), "<image image/png, 10,000 bytes>"),
        (Audio(b"x" * 10_000), "<audio audio/wav, 10,000 bytes>"),
        (Markdown("x" * 10_000), "Markdown('xxxxxxxxxxxx...xxxxxxxxxxxxx')"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_declared_is_one_short_line(shown, said):
    assert repr(shown) == said


def test_a_problem_is_one_line_with_its_place():
    (problem,) = fetch.check(given=[])

    assert repr(problem) == "<error missing_input: fetch: needs 'url', which nothing provides>"
