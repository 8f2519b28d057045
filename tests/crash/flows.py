"""Small flows of every kind, whose capabilities leave a mark in a file each time they are called.

The mark is ``step|path``, so that it can be held against the spans in the journal. `MARKS` says
which file; the processes of these tests set it.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import pyarrow as pa

from packetflow import (
    Context,
    Effect,
    Pipeline,
    approval,
    capability,
    each,
    graph,
    pipeline,
    race,
    repeat,
    wait_for,
    when,
)
from packetflow.capabilities.effects import Ambiguity
from packetflow.errors import CapabilityFailed


class Marks:
    """The file of marks of this process."""

    path = Path("marks")


def mark(context: Context) -> str:
    """Say that this call happens; answers what was said."""
    text = f"{context.step}|{'.'.join(map(str, context.path))}"
    descriptor = os.open(Marks.path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.write(descriptor, f"{text}\n".encode())
    os.close(descriptor)
    return text


def marks() -> list[str]:
    """Every mark so far."""
    return Marks.path.read_text().split() if Marks.path.exists() else []


@dataclass(frozen=True)
class Money:
    """A value that msgpack alone does not give back."""

    amount: int
    currency: str


class Loaded(TypedDict):
    """Two values at once."""

    n: int
    table: pa.Table


@capability(provides="n", run_in="loop")
def start(seed: int, context: Context) -> int:
    """Begin."""
    mark(context)
    return seed + 1


@capability(provides="n")
async def add(n: int, context: Context) -> int:
    """Add one on the loop."""
    mark(context)
    return n + 1


@capability(provides="n")
async def add_slowly(n: int, context: Context) -> int:
    """Add one after a turn of the loop."""
    mark(context)
    await asyncio.sleep(0.001)
    return n + 1


@capability(provides="n")
def add_apart(n: int, context: Context) -> int:
    """Add one in a thread."""
    mark(context)
    return n + 1


@capability(provides="result", run_in="loop")
def end(n: int, context: Context) -> str:
    """Say what came out."""
    mark(context)
    return f"n is {n}"


@capability
def load(seed: int, context: Context) -> Loaded:
    """Make a table."""
    mark(context)
    return {"n": seed, "table": pa.table({"a": list(range(seed))})}


@capability(provides="price", run_in="loop")
def price(table: pa.Table, context: Context) -> Money:
    """Make a dataclass."""
    mark(context)
    return Money(table.num_rows, "EUR")


@capability(provides="content", run_in="loop")
def fill(price: Money, context: Context) -> bytes:
    """Make a value that is too large for a record."""
    mark(context)
    return bytes(range(256)) * 80 * price.amount


@capability(provides="n", run_in="loop")
def weigh(content: bytes, context: Context) -> int:
    """Read the large value."""
    mark(context)
    return len(content)


@capability(provides="left")
async def go_left(n: int, context: Context) -> int:
    """Go one way."""
    mark(context)
    await asyncio.sleep(0)
    return n - 1


@capability(provides="right")
def go_right(n: int, context: Context) -> int:
    """Go another."""
    mark(context)
    return n + 1


@capability(provides="straight", run_in="loop")
def go_straight(n: int, context: Context) -> int:
    """Go on."""
    mark(context)
    return n


@capability(provides="n", run_in="loop")
def meet(left: int, right: int, straight: int, context: Context) -> int:
    """Come together."""
    mark(context)
    return left * 100 + right * 10 + straight


@capability(provides="numbers", run_in="loop")
def count(seed: int, context: Context) -> list[int]:
    """Make a list."""
    mark(context)
    return list(range(seed))


@capability(provides="double")
async def double(number: int, context: Context) -> int:
    """Do it for one item."""
    mark(context)
    await asyncio.sleep(0)
    return number * 2


@capability(provides="n", run_in="loop")
def total(doubles: list[int], context: Context) -> int:
    """Reduce."""
    mark(context)
    return sum(doubles)


@capability(provides="n", run_in="loop")
def flaky(n: int, context: Context) -> int:
    """Fail twice."""
    mark(context)
    if context.attempt < 3:
        raise OSError("not yet")
    return n + 10


@capability(provides="n")
async def broken(n: int, context: Context) -> int:
    """Fail for ever."""
    mark(context)
    raise OSError(f"never with {n}")


@capability(provides="n")
async def crawl(n: int, context: Context) -> int:
    """Be far too slow."""
    mark(context)
    await asyncio.sleep(60)
    return n


@capability(provides="sold")
async def sell(n: int, approved: bool | str, context: Context) -> str:
    """Use the answer."""
    mark(context)
    return f"{n} {approved}"


@capability(effects=[Effect.writes("payments")])
async def pay_asking(n: int, context: Context) -> None:
    """Change something outside; ask when in doubt."""
    mark(context)
    await asyncio.sleep(0)


@capability(effects=[Effect.writes("payments", on_ambiguous="again")])
def pay_again(n: int, context: Context) -> None:
    """Change something outside; do it again when in doubt."""
    mark(context)


@capability(effects=[Effect.writes("payments", on_ambiguous="skip")])
def pay_skipping(n: int, context: Context) -> None:
    """Change something outside; leave it when in doubt."""
    mark(context)


def has_paid(n: int) -> dict[str, Any] | None:
    """Look whether it happened."""
    return {"receipt": f"paid {n}"} if any("pay_looking" in one for one in marks()) else None


class Receipt(TypedDict):
    """What paying gives."""

    receipt: str


@capability(effects=[Effect.writes("payments", on_ambiguous="reconcile")], reconcile=has_paid)
async def pay_looking(n: int, context: Context) -> Receipt:
    """Change something outside; look when in doubt."""
    mark(context)
    return {"receipt": f"paid {n}"}


@capability(provides="result", run_in="loop")
def file_receipt(receipt: str, context: Context) -> str:
    """Use what paying gave."""
    mark(context)
    return f"filed {receipt}"


INNER = pipeline("inner", add >> add_slowly)


@capability(provides="n", effects=[Effect.calls("pay_asking")])
async def decide(n: int, context: Context) -> int:
    """Call others, one after the other and side by side."""
    calls = context.call(INNER, {"n": n}), context.call(pay_asking, {"n": n})
    made, _ = await asyncio.gather(*calls)
    try:
        await context.call(broken, {"n": n})
    except CapabilityFailed:
        await context.call(add_apart, {"n": n})
    return int(made["n"])


FLOWS: dict[str, Pipeline] = {
    name: pipeline(name, flow)
    for name, flow in {
        "chain": start >> add >> add_slowly >> add_apart >> end,
        "values": load >> price >> fill >> weigh >> end,
        "fan": start >> (go_left & go_right & go_straight) >> meet >> end,
        "map": count
        >> each(double, over={"number": "numbers"}, into={"double": "doubles"}, at_once=2)
        >> total
        >> end,
        "branch": start
        >> when("n > 2", add >> add_slowly, otherwise=add_apart)
        >> when("n > 99", broken, otherwise=add_apart)
        >> end,
        "retry": start
        >> flaky.retry(3, on=OSError, wait=0.001, jitter=0)
        >> (add >> flaky).retry(3, on=OSError, wait=0.001, jitter=0)
        >> end,
        "wait": start >> wait_for("approved", gives={"approved": bool | str}) >> (sell & end),
        "approval": start >> approval("Sell?", into="approved", choices=("yes", "no")) >> sell,
        "fallback": start >> (broken | (add >> broken) | add_slowly) >> end,
        "repeat": start >> repeat(add >> add_slowly, until="n >= 8") >> end,
        "race": start >> race(crawl, add >> add_slowly) >> end,
        "call": start >> INNER.as_step() >> INNER.as_step() >> end,
        "graph": graph(start, go_left, go_right, go_straight, meet.writing(n="sum")),
        "cache": start >> add.cache() >> add_slowly.timeout(5) >> end,
        "calls": start >> decide >> end,
        "ask": start >> pay_asking >> end,
        "again": start >> pay_again >> end,
        "skip": start >> pay_skipping >> end,
        "reconcile": start >> pay_looking >> file_receipt,
        "guarded_map": count
        >> each(pay_asking, over={"n": "numbers"}, into={}, at_once=2)
        >> start
        >> end,
    }.items()
}
"""Each takes ``seed`` and nothing else."""

GUARDED = {
    "pay_asking": Ambiguity.ASK,
    "pay_again": Ambiguity.AGAIN,
    "pay_skipping": Ambiguity.SKIP,
    "pay_looking": Ambiguity.RECONCILE,
}
