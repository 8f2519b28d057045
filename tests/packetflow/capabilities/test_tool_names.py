import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.capabilities.tool_names import clashes, described, input_names, title_of, tool_name

FITS = re.compile(r"[A-Za-z0-9_-]{1,64}")


@given(st.text())
def test_every_name_becomes_one_that_all_clients_take(name: str):
    assert FITS.fullmatch(tool_name(name))


@given(st.text())
def test_a_name_that_fits_stays_as_it_is(name: str):
    made = tool_name(name)

    assert tool_name(made) == made


@pytest.mark.parametrize("ends", [("a", "b"), ("日本", "中国")])
def test_long_names_and_names_without_letters_stay_apart(ends: tuple[str, str]):
    one, other = ("x" * 80 + end if end.isascii() else end for end in ends)

    assert tool_name(one) != tool_name(other)


@given(st.lists(st.text() | st.sampled_from(["größe", "grosse", "a b", "a_b"]), unique=True))
def test_inputs_get_names_of_their_own_that_models_take(names: list[str]):
    made = input_names(tuple(names))

    shown = [made.get(name, name) for name in names]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) for name in shown)
    assert len(set(shown)) == len(names)


def test_names_that_would_be_one_tool_are_told():
    assert clashes(["sum.up", "sum up", "sum", "sum"]) == {"sum_up": ["sum up", "sum.up"]}


def test_a_title_reads_as_people_write():
    assert title_of("read-table_v2") == "Read table v2"


def test_the_description_is_the_docstring_up_to_its_sections():
    said = described("Do it.\n\nWell.\n\nArgs:\n    x: What.", "Do it.", "f")

    assert said == "Do it.\n\nWell."


def test_what_has_no_words_is_described_by_its_name():
    assert described("", "", "sum_up") == "Sum up"
