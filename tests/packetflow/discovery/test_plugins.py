"""Plug-ins: what installed packages offer, the bad ones left out by name."""

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from packetflow import Contract, Port, from_contract
from packetflow.discovery.plugins import GROUP, plugged_in

GIVES = Contract(provides=(Port("x"),))
NAMES = ("one", "two", "three")
ONE, TWO, THREE = (from_contract(lambda: {"x": 1}, name, GIVES) for name in NAMES)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("plugin_of_a_test")
    made.__dict__.update(one=ONE, several=[TWO], later=lambda: [THREE], wrong=[3], leave=sys.exit)
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def point(what: str) -> EntryPoint:
    return EntryPoint(f"named_{what}", f"plugin_of_a_test:{what}", GROUP)


def test_a_capability_a_list_and_a_function_that_gives_one_are_taken(module: ModuleType):
    found, broken = plugged_in([point(what) for what in ("one", "several", "later")])

    assert found == {"one": ONE, "two": TWO, "three": THREE}
    assert broken == ()


@pytest.mark.parametrize("what", ["wrong", "absent", "leave"])
def test_a_bad_plugin_is_named_and_the_others_are_taken(module: ModuleType, what: str):
    found, broken = plugged_in([point(what), point("one")])

    assert list(found) == ["one"]
    assert [one.file for one in broken] == [f"plugin_of_a_test:{what}"]
    assert f"named_{what}" in broken[0].error


def test_a_plugin_that_is_not_installed_is_named(module: ModuleType):
    found, broken = plugged_in([EntryPoint("gone", "nosuchpackage:x", GROUP), point("one")])

    assert list(found) == ["one"]
    assert "nosuchpackage" in broken[0].error
