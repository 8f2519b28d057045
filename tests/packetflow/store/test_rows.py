from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.kernel.ids import new_id
from packetflow.store.rows import SCHEMAS, Rows, as_table, is_id, split_bad
from tests.packetflow.store.records import span


@given(st.lists(st.booleans(), max_size=40))
def test_exactly_the_rows_that_do_not_fit_are_found(goods):
    rows = [Rows().make(span(new_id(), 1 if good else -1), "p")[1] for good in goods]

    bad = split_bad("span", rows)

    assert sorted(bad) == [position for position, good in enumerate(goods) if not good]


def test_a_row_has_a_value_for_every_column():
    relation, row = Rows().make(span(new_id(), attributes={"model": "m"}), "p")

    table = as_table(relation, [row])

    assert table.column_names == SCHEMAS["span"].names
    assert table.column("model").to_pylist() == ["m"]


@pytest.mark.parametrize("text", ["", "e1", "0193B0A2-7E2F-7C1D-9A55-0A1B2C3D4E5F", "x" * 36])
def test_only_ids_as_we_make_them_are_ids(text):
    assert is_id(new_id())
    assert not is_id(text)
    with pytest.raises(ValueError, match="no execution id"):
        Rows().check(text)
