"""Small programs with an answer, from which a tool is cut; each has its own way to use names."""

from typing import Final

from hypothesis import strategies as st

LEAVES_THE_REST: Final = [
    ("def twice(n):\n    return FACTOR * n\n\n\nFACTOR = 2", "twice(n)"),
    ("def down(n):\n    return n if n < 1 else down(n - 1)", "down(n)"),
    ("""\
def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)""", "int(even(n))"),
    ("""\
def shift(n, by=None):
    left = [by for by in range(n)]
    return len(left)""", "shift(n)"),
    ("""\
K = 5


def f(n):
    def g():
        K = n
        return K
    return g() + K""", "f(n)"),
    ("""\
K = 5


def f(n):
    def g():
        global K
        K += n
        return K
    return g() - n""", "f(n) * 0"),
    ("""\
def f(n):
    x = 1
    def g():
        nonlocal x
        x += n
        return x
    return g()""", "f(n)"),
    ("""\
try:
    shell = get_ipython()
except NameError:
    shell = None""", "n if shell is None else 0"),
    ("""\
K = 2


def top(x):
    global K
    K = K * 2 - K
    return x + K""", "top(n)"),
    ("K = [1, 2]\nN = len([last := k for k in K])", "last + N + n"),
    ("""\
match (1, [2, 3]):
    case (one, [two, *rest]):
        pass""", "one + two + rest[0] + n"),
    ("""\
K = 7


class A:
    K = K + 1
    L = [K for _ in range(1)]

    def m(self):
        return K""", "A.K + A.L[0] + A().m() + n"),
    ("""\
from dataclasses import dataclass, field

D = 4


@dataclass
class P:
    x: 'Number'
    y: list[int] = field(default_factory=lambda: [D])


Number = int""", "P(n).y[0] + n"),
    ("""\
from pydantic import BaseModel


class Inner(BaseModel):
    n: int


class Outer(BaseModel):
    inner: 'Inner'""", "Outer.model_validate({'inner': {'n': n}}).inner.n"),
    ("""\
import sys

if sys.version_info >= (3, 11):
    def f(n):
        return n + 1
else:
    def f(n):
        return n""", "f(n)"),
    ("""\
try:
    import surely_absent_package as fast
except ImportError:
    fast = None""", "n if fast is None else 0"),
    ("""\
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from surely_absent_package import Big


def f(n: 'Big') -> 'Union[Big, int]':
    return n""", "f(n)"),
    ("""\
import functools


def mine(fn):
    @functools.wraps(fn)
    def inner(*a):
        return SCALE * fn(*a)
    return inner


SCALE = 3


@mine
def f(n):
    return n""", "f(n)"),
    ("""\
STEPS = []
STEPS.append(lambda n: n + 1)
STEPS += [lambda n: n * 2]""", "sum(step(n) for step in STEPS)"),
    ("TABLE = {}\nfor k in range(3):\n    TABLE[k] = k * k", "TABLE.get(n, 9)"),
    ("def f(n):\n    return n\n\n\nold = f\n\n\ndef f(n):\n    return old(n) + 1", "f(n)"),
    ("x = 1; y = x + 1; z = y", "y + n"),
    ("from math import (  # a comment\n    floor,\n    pi,\n)", "floor(pi) + n"),
    ("def f(n, *, by=lambda n: n + STEP):\n    return by(n)\n\n\nSTEP = 2", "f(n)"),
    ("""\
def f(n):
    return {k: v for k, v in PAIRS if (w := k)}.get(n, 0)


PAIRS = ((0, 1), (3, 2))""", "f(n)"),
    ("""\
async def g(n):
    return n + ONE


ONE = 1


def f(n):
    import asyncio
    return asyncio.run(g(n))""", "f(n)"),
]  # fmt: skip
"""A program and an expression in it and in `n`."""

CHANGES_A_VALUE: Final = [
    ("""\
DOERS = {}


def doer(fn):
    DOERS[fn.__name__] = fn
    return fn


@doer
def one(n):
    return n""", "DOERS['one'](n)", "def one"),
    ("""\
class Base:
    kinds = []

    def __init_subclass__(cls):
        Base.kinds.append(cls)


class One(Base):
    pass""", "len(Base.kinds) + n", "class One"),
    ("""\
from functools import singledispatch


@singledispatch
def show(x):
    return 0


@show.register
def _(x: int):
    return x + 1""", "show(n)", "def _"),
    ("""\
SEEN = []


def note(x):
    SEEN.append(x)
    return x


UNUSED = note(5)""", "len(SEEN) + n", "UNUSED"),
    ("""\
LATE = {}


def fill():
    LATE['a'] = 1


class Filler:
    done = fill()""", "LATE['a'] + n", "class Filler"),
]  # fmt: skip
"""The same, and what must be kept although the expression does not name it."""

_STATEMENTS: Final = (
    "{0} = {1}",
    "{0} = [{2}]",
    "{0} = {{'k': {2}}}",
    "def {0}(n=0):\n    return read({2}, n) + {1}",
    "def {0}(n=0):\n    inner = lambda: read({2}, n)\n    return inner() + {1}",
    "@mark\ndef {0}(n=0):\n    return read({2}, n) + {1}",
    """class {0}:
    value = {1}

    def __new__(cls, n=0):
        return read({2}, n) + cls.value""",
    "SEEN.append({1})\n{0} = len(SEEN)",
    "if len(SEEN) > {1}:\n    {0} = [{2}]\nelse:\n    {0} = {1}",
    "try:\n    {0} = {2}\nexcept NameError:\n    {0} = {1}",
    "{0} = note({1})",
    "{0} = [k + {1} for k in range(2)]",
)
_BASE: Final = """
SEEN = []
MARKED = {}


def mark(thing):
    MARKED[thing.__name__] = len(MARKED)
    return thing


def note(number):
    SEEN.append(number)
    return number


def read(value, n):
    if n > 20:
        return 1
    if callable(value):
        return value(n + 7)
    return value if isinstance(value, int) else len(value)
"""


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, str]:
    """A module of statements that use, mark and note one another, and an expression in it."""
    count = draw(st.integers(1, 8))
    lines = [_BASE]
    for number in range(count):
        form = draw(st.sampled_from(_STATEMENTS))
        other = f"v{draw(st.integers(0, number - 1))}" if number else "0"
        lines.append(form.format(f"v{number}", draw(st.integers(0, 9)), other))
    used = draw(st.lists(st.integers(0, count - 1), max_size=2, unique=True))
    extra = draw(st.sampled_from(["n", "len(SEEN) + n", "sum(MARKED.values()) + n"]))
    answer = " + ".join([*(f"read(v{number}, n)" for number in used), extra])
    return "\n\n\n".join(lines), answer
