from pathlib import Path

import pyarrow as pa
import pytest

from packetflow.errors import LibraryError
from packetflow.library.tables import (
    filter_rows,
    join_tables,
    run_sql,
    select_columns,
    sort_rows,
)

SALES = pa.table({"shop": ["n", "s", "n", None], "sold": [3, 5, 4, None]})
SHOPS = pa.table({"shop": ["n", "w"], "sold": [1, 2], "city": ["Oslo", "Rome"]})


def test_sql_sums_come_back_as_plain_numbers() -> None:
    answer = run_sql("SELECT shop, sum(sold) AS total FROM rows GROUP BY shop ORDER BY 2", SALES)

    assert answer.to_pydict() == {"shop": ["s", "n", None], "total": [5, 7, None]}
    assert answer.schema.field("total").type == pa.int64()


def test_several_tables_go_by_their_names() -> None:
    query = "SELECT city FROM sales JOIN shops USING (shop) LIMIT 1"

    answer = run_sql(query, tables={"sales": SALES, "shops": SHOPS})

    assert answer.to_pydict() == {"city": ["Oslo"]}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{file}')",
        "COPY rows TO '{file}'",
        "ATTACH '{file}' AS other",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM SALES_OF_PYTHON",
    ],
)
def test_a_query_reaches_nothing_outside(tmp_path: Path, query: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    SALES_OF_PYTHON = SALES  # noqa: F841 - the query must not find it

    with pytest.raises(LibraryError, match="the SQL is wrong"):
        run_sql(query.format(file=secret), SALES)
    assert secret.read_text() == "a\n1\n"


def test_a_wrong_query_says_what_is_wrong() -> None:
    with pytest.raises(LibraryError, match=r"nosuch.*not found"):
        run_sql("SELECT nosuch FROM rows", SALES)


def test_a_query_without_tables_is_refused() -> None:
    with pytest.raises(LibraryError, match="no table"):
        run_sql("SELECT 1")


def test_columns_are_kept_in_the_order_given() -> None:
    assert select_columns(SALES, ["sold", "shop"]).column_names == ["sold", "shop"]


def test_a_missing_column_offers_the_nearest() -> None:
    with pytest.raises(LibraryError, match=r"did you mean 'sold'\? \(it has: shop, sold\)"):
        select_columns(SALES, ["solt"])


def test_rows_are_filtered_by_a_condition() -> None:
    assert filter_rows(SALES, "sold > 3 AND shop = 'n'").to_pylist() == [{"shop": "n", "sold": 4}]


@pytest.mark.parametrize("condition", ["", "sold >", "1=1) UNION SELECT 1 --", "1=1; SELECT 2"])
def test_a_wrong_condition_is_refused(condition: str) -> None:
    with pytest.raises(LibraryError, match="condition"):
        filter_rows(SALES, condition)


def test_rows_are_sorted_with_missing_values_last() -> None:
    assert sort_rows(SALES, ["sold"]).column("sold").to_pylist() == [3, 4, 5, None]
    top = sort_rows(SALES, ["sold"], descending=True, limit=2)
    assert top.column("sold").to_pylist() == [5, 4]


@pytest.mark.parametrize(
    ("how", "cities"),
    [
        ("inner", ["Oslo", "Oslo"]),
        ("left", ["Oslo", "Oslo", None, None]),
        ("outer", ["Oslo", "Oslo", "Rome", None, None]),
    ],
)
def test_tables_are_joined(how: str, cities: list[str | None]) -> None:
    joined = join_tables(SALES, SHOPS, ["shop"], how)  # type: ignore[arg-type]  # a parameter

    assert joined.column_names == ["shop", "sold", "sold_right", "city"]
    assert sorted(joined.column("city").to_pylist(), key=str) == sorted(cities, key=str)


def test_rows_without_a_partner_can_be_found() -> None:
    alone = join_tables(SALES, SHOPS, ["shop"], "only_left")

    assert sorted(alone.column("sold").to_pylist(), key=str) == [5, None]


def test_columns_of_other_types_cannot_be_joined() -> None:
    with pytest.raises(LibraryError, match="the join is wrong"):
        join_tables(SALES, pa.table({"shop": [[1]]}), ["shop"])
