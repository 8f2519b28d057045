import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.composition.codec_emit import emit
from packetflow.composition.codec_nodes import parse_yaml
from packetflow.errors import CompositionError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, plain, min_size=1, max_size=4))
def test_what_is_emitted_parses_as_the_same_values(document):
    parsed = parse_yaml(emit(document)).plain()

    assert repr(parsed) == repr(document)


def test_a_key_too_long_for_yaml_is_refused():
    with pytest.raises(CompositionError, match="too long"):
        emit({"k" * 2000: 1})
