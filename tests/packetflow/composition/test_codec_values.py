import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.composition.codec_values import (
    duration,
    read_type,
    read_value,
    written_type,
    written_value,
)
from packetflow.errors import CompositionError
from tests.strategies import types, values


@given(values)
def test_a_written_value_reads_back_as_itself(value):
    assert read_value(written_value(value, "here")) == value


@given(types)
def test_a_written_type_reads_back_as_itself(kind):
    assert read_type(written_type(kind)) == kind


@pytest.mark.parametrize("text", ["", "str |", "list[", "list[list]]", "os.system", "Literal[1]"])
def test_a_text_that_names_no_type_is_refused(text):
    with pytest.raises(ValueError, match="no type"):
        read_type(text)


@given(st.text())
def test_any_text_is_a_duration_or_refused(text):
    try:
        seconds = duration(text)
    except ValueError as error:
        assert "no duration" in str(error)  # noqa: PT017 - most texts are none
    else:
        assert seconds >= 0


@pytest.mark.parametrize("text", ["", "10", "min", "P", "PT", "10 parsecs", "1 min and", "-1 s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="no duration"):
        duration(text)


def test_a_value_that_holds_itself_is_refused():
    ring: list[object] = []
    ring.append(ring)

    with pytest.raises(CompositionError, match="nested more than"):
        written_value(ring, "here")
