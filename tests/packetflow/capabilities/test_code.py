"""Whether a function still does the same."""

import functools
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from packetflow.capabilities.code import code_digest, differs


def digest(source: str, name: str = "f") -> str:
    scope: dict[str, Any] = {}
    exec(source, scope)
    return code_digest(scope[name])


BODY = "def f(n):\n    return n + 1\n"

SAME = {
    "itself": BODY,
    "layout": "\n\n# a comment\ndef f(n):\n\n    return (n + 1)  # more\n",
    "docstring": 'def f(n):\n    "Add one."\n    return n + 1\n',
    "another function": "def g(n):\n    return 7\n\n" + BODY,
}
OTHER = {
    "constant": "def f(n):\n    return n + 2\n",
    "operation": "def f(n):\n    return n - 1\n",
    "name": "def f(n):\n    return len(n)\n",
    "inner": "def f(n):\n    return (lambda: n + 1)()\n",
    "caught": "def f(n):\n    try:\n        return n + 1\n    except OSError:\n        return 0\n",
}


@pytest.mark.parametrize("name", SAME)
def test_what_does_the_same_has_the_same_digest(name: str):
    assert digest(SAME[name]) == digest(BODY)


@pytest.mark.parametrize("name", OTHER)
def test_what_does_something_else_has_another_digest(name: str):
    assert differs(digest(BODY), digest(OTHER[name]))


def test_a_function_of_the_same_module_that_it_calls_belongs_to_it():
    calls = "def f(n):\n    return g(n)\n"

    one = digest("def g(n):\n    return n + 1\n" + calls)
    assert one == digest(calls + "\n\ndef g(n):\n    return n + 1\n")
    assert differs(one, digest("def g(n):\n    return n + 2\n" + calls))
    assert differs(one, digest("def g(n, by=3):\n    return n + 1\n" + calls))


def test_functions_that_call_each_other_have_a_digest():
    source = "def f(n):\n    return g(n)\ndef g(n):\n    return f(n) + {}\n"

    assert differs(digest(source.format(1)), digest(source.format(2)))


def test_what_a_function_closes_over_belongs_to_it():
    def made(by: int, then: Callable[[int], int]) -> Callable[[int], int]:
        return lambda n: then(n * by)

    one = code_digest(made(2, lambda n: n))
    assert one == code_digest(made(2, lambda n: n))
    assert differs(one, code_digest(made(3, lambda n: n)))
    assert differs(one, code_digest(made(2, lambda n: n + 1)))


def test_decorated_and_partial_functions_show_what_they_wrap():
    def plain(n: int) -> int:
        return n + 1

    def other(n: int) -> int:
        return n + 2

    def logged(fn: Callable[[int], int]) -> Callable[[int], int]:
        @functools.wraps(fn)
        def wrapper(n: int) -> int:
            return fn(n)

        return wrapper

    assert differs(code_digest(logged(plain)), code_digest(logged(other)))
    assert differs(
        code_digest(functools.partial(plain, 1)), code_digest(functools.partial(other, 1))
    )
    assert differs(
        code_digest(functools.partial(plain, 1)), code_digest(functools.partial(plain, 2))
    )


def test_what_has_no_python_code_differs_from_nothing():
    assert code_digest(len) == ""
    assert not differs("", digest(BODY))


PRINTS = """
from packetflow.capabilities.code import code_digest
def f(n):
    return n in {"a", "b", "c", "d"} or n in ("x", {1: 2})
print(code_digest(f))
"""


def test_the_digest_is_the_same_in_every_process():
    said = {
        subprocess.run(
            [sys.executable, "-c", PRINTS],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1
