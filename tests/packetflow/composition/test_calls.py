"""What a composition calls, and what of it has changed."""

from packetflow import capability, pipeline, then
from packetflow.composition.calls import calls_of, changes


def made(add: int = 1, *, version: str = "1", kind: type = int):
    def f(n):
        return n + add

    f.__annotations__ = {"n": kind, "return": int}
    return capability(provides="m", version=version)(f)


def said(before, after) -> list[str]:
    return [str(one) for one in changes(calls_of(then(before)), calls_of(then(after)))]


def test_nothing_has_changed_of_what_is_the_same():
    assert said(made(), made()) == []


def test_version_contract_and_code_are_told_apart():
    assert said(made(), made(2)) == ["the code of capability 'f'"]
    assert said(made(), made(version="2")) == ["capability 'f' (version 1, now 2)"]
    assert said(made(), made(kind=float)) == ["the contract of capability 'f'"]


def test_the_pipelines_called_and_what_they_call_belong_to_it():
    def called(add: int, intent: str = ""):
        return pipeline("inner", made(add), intent=intent)

    assert said(called(1), called(1)) == []
    assert said(called(1), called(1, "Another text.")) == ["pipeline 'inner'"]
    assert said(called(1), called(2)) == ["the code of capability 'f'"]


def test_what_is_gone_or_new_is_no_change_and_code_of_other_bytecode_cannot_be_compared():
    calls = calls_of(then(made()))
    old = {"use f": (*calls["use f"][:2], "1.0:abc"), "use gone": ("1", "a", "b")}

    assert changes(old, calls) == []
    assert changes({}, calls) == []
