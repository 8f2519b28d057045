"""Read by the type checker, never run: what `@capability` promises about types.

A wrong promise shows as an error here; a call that should be refused and is not shows as an
unused ``type: ignore``.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypedDict, assert_type, reveal_type

from packetflow import Capability, Effect, capability


class Page(TypedDict):
    text: str


@capability
def bare(text: str, times: int = 1) -> Page:
    return {"text": text * times}


@capability(provides="summary", effects=[Effect.reads("network")])
def declared(text: str, *, language: str = "en") -> str:
    return text


@capability
async def fetched(url: str) -> Page:
    return {"text": url}


assert_type(bare("a", times=2), Page)
assert_type(bare("a")["text"], str)
assert_type(declared("a", language="de"), str)
running = assert_type(fetched("a"), Coroutine[Any, Any, Page])

reveal_type(bare)
reveal_type(declared)

plain: Callable[[str], str] = declared
waiting: Callable[[str], Awaitable[Page]] = fetched
whole: Capability[..., Page] = bare

bare(1)  # type: ignore[arg-type]  # a text is wanted
bare()  # type: ignore[call-arg]  # the text is missing
bare("a", often=2)  # type: ignore[call-arg]  # there is no such parameter
declared("a", "de")  # type: ignore[call-arg]  # the language goes by name
bare("a")["words"]  # type: ignore[misc]  # there is no such field
