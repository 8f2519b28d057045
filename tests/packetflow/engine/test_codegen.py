from packetflow.capabilities.contract import Port
from packetflow.engine.codegen import Read, Write, call_function, outputs_function


def reads(*names):
    return [Read(name, name.upper(), Port(name, str), None) for name in names]


def writes(*names):
    return [Write(name, name.upper(), Port(name, str), None, None) for name in names]


def anything(**given):
    return given


def first(a, *, rest=None):
    return a, rest


def test_calls_that_differ_only_in_names_behind_two_stars_are_compiled_once():
    one = call_function(anything, reads("north", "south"), {"east": 3}, None)
    other = call_function(anything, reads("up", "down"), {"left": 4}, None)

    assert one.__code__ is other.__code__
    assert one({"NORTH": 1, "SOUTH": 2}) == {"north": 1, "south": 2, "east": 3}
    assert other({"UP": 1, "DOWN": 2}) == {"up": 1, "down": 2, "left": 4}


def test_mappings_that_differ_only_in_keys_are_read_by_one_text():
    one = outputs_function(writes("north", "south"), "mapping")
    other = outputs_function(writes("up", "down"), "mapping")

    assert one.__code__ is other.__code__
    assert other({"up": 1, "down": 2, "more": 3}) == {"UP": 1, "DOWN": 2}


def test_a_name_that_no_source_can_hold_is_handed_over_too():
    call = call_function(anything, reads("for", "a b", "__debug__", "größe"), {}, "class")

    given = {"FOR": 1, "A B": 2, "__DEBUG__": 3, "GRÖSSE": 4}
    assert call(given, "context") == {
        "for": 1, "a b": 2, "__debug__": 3, "größe": 4, "class": "context"
    }  # fmt: skip


def test_a_callable_without_code_of_its_own_is_called_by_its_names():
    class Adds:
        def __call__(self, a, *, rest):
            return a + rest

    assert call_function(Adds(), reads("a"), {"rest": 2}, None)({"A": 1}) == 3


def test_own_parameters_and_others_meet_in_one_call():
    call = call_function(first, reads("a"), {"rest": 2}, None)
    mixed = call_function(lambda a, **more: (a, more), reads("a", "b"), {}, None)

    assert call({"A": 1}) == (1, 2)
    assert mixed({"A": 1, "B": 2}) == (1, {"b": 2})
