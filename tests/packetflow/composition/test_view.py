import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.composition.view import Look, dump_view, moved, parse_view, with_renamed
from packetflow.errors import CompositionError, SourceError

places = st.none() | st.floats(-1e6, 1e6)
looks = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.builds(
        Look,
        places,
        places,
        st.text(st.characters(exclude_categories=["Cs"])),
        st.lists(st.sampled_from("ab"), max_size=2).map(tuple),
        st.dictionaries(st.sampled_from(["colour", "wide"]), st.integers(), max_size=1),
        st.sampled_from(["", "run"]),
    ),
)


@given(looks)
def test_what_is_dumped_parses_as_the_same_looks(some):
    assert parse_view(dump_view(some)) == some


@given(looks)
def test_each_step_has_one_line_of_its_own_in_sorted_order(some):
    text = dump_view(dict(reversed(some.items())))

    assert text == dump_view(some)
    assert text.count("\n") == (len(some) + 2 if some else 1)


def test_a_deleted_view_is_no_looks():
    assert parse_view("") == {}


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"steps": {"a": 1}}', '{"steps": {"a": {"x": "left"}}}', "[" * 99999]
)
def test_what_is_no_view_is_refused_with_its_place(text):
    with pytest.raises(SourceError) as caught:
        parse_view(text, file="a.view.json")

    assert caught.value.line == 1


def test_a_place_at_infinity_is_refused():
    with pytest.raises(CompositionError, match="finite"):
        dump_view({"a": Look(float("inf"), 0)})


def test_a_renamed_step_keeps_its_look():
    assert with_renamed(moved({}, "a", 1, 2), {"a": "b"}) == {"b": Look(1, 2)}
