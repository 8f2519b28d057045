"""Cells of notebooks, from which a tool is taken."""

from typing import Final

NOTEBOOKS: Final = [
    ("""\
def twice(n):
    return FACTOR * n
# %%
FACTOR = 2""", 'twice(n)'),
    ("""\
K = 1
# %%
def f(n):
    return n + K
# %%
K = 5""", 'f(n)'),
    ("""\
import math as m
from statistics import mean as average""", 'average([n, m.floor(2.5)])'),
    ("""\
from dataclasses import dataclass
# %%
@dataclass
class P:
    x: 'Number'
# %%
Number = int""", 'P(n).x'),
    ("""\
class Told(TypedDict):
    a: int
# %%
def f(n: Told) -> 'Told':
    return n['a']""", "f({'a': n})"),
    ("""\
import re
# %%
WORD = re.compile('a' + "b")
# %%
RATES = {'a': [1, (2.5, None)]}""", "len(WORD.findall('abab')) + len(RATES) + n"),
    ("""\
Rows = list[dict[str, int]]
# %%
def f(n: 'Rows') -> Rows:
    return n""", 'len(f([n]))'),
    ("""\
import functools
# %%
def mine(fn):
    @functools.wraps(fn)
    def inner(*a):
        return SCALE * fn(*a)
    return inner
# %%
SCALE = 3
# %%
@mine
def f(n):
    return n""", 'f(n)'),
    ("""\
class Base:
    K = 2

    def m(self):
        return self.K
# %%
class Mine(Base):
    pass""", 'Mine().m() + n'),
    ("""\
def f(n):
    return 0
# %%
def f(n):
    return n + 1""", 'f(n)'),
    ("from packetflow.library import text_statistics as count", "count('a b').words + n"),
    ("""\
def f(n):
    return n
# %%
g = f""", 'g(n)'),
    ("pick = lambda n: n + 2", 'pick(n)'),
    ("""\
@capability(provides='half')
def half(n: int) -> int:
    '''Halve.'''
    return n // 2""", 'half(n)'),
]  # fmt: skip
"""Cells, parted by lines of their own, and an expression in them and in `n`."""

ALIVE: Final = [
    (
        "opened = iter(())",
        'len(list(opened)) + n',
        "uses 'opened', which is a living tuple_iterator",
    ),
    (
        """\
def make(k):
    def inner(n):
        return n + k
    return inner
# %%
f = make(2)""",
        'f(n)',
        "uses 'f', which is made inside make() and uses 'k' of it",
    ),
    (
        "pass",
        'nowhere(n)',
        "uses 'nowhere', which is nowhere defined",
    ),
    (
        "from pathlib import Path",
        'Path(__file__).parent',
        'reads a file near itself',
    ),
    (
        """\
from collections import Counter
# %%
seen = Counter()""",
        'seen[n]',
        "uses 'seen', which is a living Counter",
    ),
]  # fmt: skip
"""The same, and why it cannot travel."""
