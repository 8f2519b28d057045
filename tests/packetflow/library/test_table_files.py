import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from packetflow import Context
from packetflow.errors import LibraryError
from packetflow.library.notes import notes_of
from packetflow.library.table_files import load_table, save_table

TABLE = pa.table(
    {
        "name": ["Ada", None, "Zoë, the 2nd"],
        "n": [1, 2, None],
        "x": [0.5, None, 2.0],
        "day": [date(2026, 1, 31), None, date(2026, 2, 1)],
    }
)


def written(folder: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> str:
    (folder / name).write_bytes(text.encode(encoding))
    return str(folder / name)


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl", "xlsx"])
def test_a_saved_table_loads_as_it_was(tmp_path: Path, ending: str) -> None:
    path = save_table(TABLE, str(tmp_path / f"made/t.{ending}"))

    assert load_table(path).to_pylist() == TABLE.to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\n1,5;x\n2,25;y\n", {"a": [1.5, 2.25], "b": ["x", "y"]}),
        ("a;b\n1.234,5;x\n2,25;y\n", {"a": [1234.5, 2.25], "b": ["x", "y"]}),
        ("a\tb\n1\t2\n", {"a": [1], "b": [2]}),
        ("a|b\n1|2\n", {"a": [1], "b": [2]}),
        ("x\n1\n2\n", {"x": [1, 2]}),
        ("1,2\n3,4\n", {"column_1": [1, 3], "column_2": [2, 4]}),
        ("\ufeffa,b\n1,2\n", {"a": [1], "b": [2]}),
        ("a,b\r\n1,2\r\n", {"a": [1], "b": [2]}),
        ('a,b\n"x, y",1\n"two\nlines",2\n', {"a": ["x, y", "two\nlines"], "b": [1, 2]}),
        ("day,b\n2026-01-31,1\n", {"day": [date(2026, 1, 31)], "b": [1]}),
        ("Größe (cm),Städte 🏙\n1.5,Köln\n", {"Größe (cm)": [1.5], "Städte 🏙": ["Köln"]}),
        ("zip,b\n00123,1\n", {"zip": ["00123"], "b": [1]}),
        ("country,1990,2000\nChad,1,2\n", {"country": ["Chad"], "1990": [1], "2000": [2]}),
        ("code,n\nNA,1\nNO,2\n", {"code": ["NA", "NO"], "n": [1, 2]}),
    ],
)
def test_csv_is_read_however_it_is_written(
    tmp_path: Path, text: str, expected: dict[str, list[object]]
) -> None:
    assert load_table(written(tmp_path, text)).to_pydict() == expected


def test_a_utf_16_file_is_recognised_by_its_mark(tmp_path: Path) -> None:
    path = written(tmp_path, "größe,b\n1,é\n", encoding="utf-16")

    assert load_table(path).to_pydict() == {"größe": [1], "b": ["é"]}


def test_another_encoding_is_named_and_can_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,x\n2,é\n", encoding="latin-1")

    with pytest.raises(LibraryError, match=r"line 3 of 't.csv' is not UTF-8.*latin-1"):
        load_table(path, encoding="utf-8")
    assert load_table(path, encoding="latin-1").column("b").to_pylist() == ["x", "é"]
    assert load_table(path, encoding="cp1250").column("b").to_pylist() == ["x", "é"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "a,b\n" + "1,x\n" * 200 + "2,10 € „é“\n", encoding=encoding)

    table = load_table(path)

    assert table.column("b").to_pylist()[-1] == "10 € „é“"
    assert bool(table.schema.metadata) == (encoding == "cp1252")


def test_a_file_that_goes_wrong_late_is_read_in_its_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "1,x\n" * 200_000 + "2,é\n", encoding="cp1252")

    assert load_table(path).column("b").to_pylist()[-1] == "é"


def test_a_file_in_another_encoding_names_its_broken_line(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,é\n2,3,4\n", encoding="cp1252")

    with pytest.raises(LibraryError, match=r"line 3 of 't.csv' has 3 cells"):
        load_table(path)


def test_dates_that_are_not_iso_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n01/02/2024,2024-02-01\n")

    assert load_table(path).to_pydict() == {"a": ["01/02/2024"], "b": [date(2024, 2, 1)]}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("  \n \n", "is empty"),
        ("a,b\n", "no rows"),
        ("a,b\n1,2\n3,4,5\n", "line 3 of 't.csv' has 3 cells, but the header has 2"),
        ("a,b\n1,2\n3\n", "line 3 of 't.csv' has 1 cell, but the header has 2"),
        ('a,b\n"two\nlines",2\n3,4,5\n', "line 4 of 't.csv' has 3 cells"),
        ('a,b\n1,2\n"x,2\ny,3\n', "line 3 of 't.csv' cannot be read as CSV.*quote"),
        ("a,b\n1,\x00\n", "no text table"),
    ],
)
def test_a_broken_csv_names_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(LibraryError, match=complaint):
        load_table(written(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("t.parquet", b"hello", "cannot be read"),
        ("t.xlsx", b"hello", "no Excel file"),
        ("t.json", b'{"a":', "cannot be read"),
        ("t.pdf", b"%PDF-1.4", "is no table"),
        ("t.csv", bytes(range(256)) * 9, "no text table"),
    ],
)
def test_files_that_are_not_what_they_say_are_refused(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(LibraryError, match=complaint):
        load_table(str(tmp_path / name))


def test_a_list_of_json_records_is_a_table(tmp_path: Path) -> None:
    path = written(tmp_path, '[{"a": 1, "b": "x"}, {"a": 2}]', "t.json")

    assert load_table(path).to_pydict() == {"a": [1, 2], "b": ["x", None]}


@pytest.mark.parametrize("name", ["t.json", "t.json.gz"])
def test_a_list_of_records_that_breaks_off_at_a_comma_is_refused(tmp_path: Path, name: str) -> None:
    text = b'[{"a": 1},\n{"a": 2},\n'
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)

    with pytest.raises(LibraryError, match="breaks off"):
        load_table(str(tmp_path / name))


@pytest.mark.parametrize("name", ["t.json", "t.jsonl", "t.json.gz"])
def test_values_of_several_kinds_become_texts_without_quotes(tmp_path: Path, name: str) -> None:
    text = b'{"a": 1, "b": 1}\n{"a": "x", "b": 2}\n{"a": {"z": 1}, "b": 3}\n{"b": 4}\n'
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)

    table = load_table(str(tmp_path / name))

    assert table.column("a").to_pylist() == ["1", "x", '{"z":1}', None]
    assert table.column("b").to_pylist() == [1, 2, 3, 4]


def test_a_sheet_is_chosen_by_name_and_the_known_ones_are_listed(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["a"])
    book.active.append([1])
    other = book.create_sheet("Other")
    other.append(["b", "b", None])
    other.append([2, "x", 3])
    book.save(tmp_path / "t.xlsx")

    assert load_table(str(tmp_path / "t.xlsx")).to_pydict() == {"a": [1]}
    assert load_table(str(tmp_path / "t.xlsx"), "Other").to_pydict() == {
        "b": [2],
        "b_2": ["x"],
        "column_3": [3],
    }
    with pytest.raises(LibraryError, match="it has Sheet, Other"):
        load_table(str(tmp_path / "t.xlsx"), "Third")


def test_a_missing_file_offers_the_nearest_name(tmp_path: Path) -> None:
    written(tmp_path, "a\n1\n", "orders.csv")

    with pytest.raises(LibraryError, match=r"did you mean 'orders.csv'"):
        load_table("order.csv", context=Context(workspace=str(tmp_path)))


def test_a_relative_path_is_saved_in_the_workspace(tmp_path: Path) -> None:
    save_table(TABLE, "made/t.csv", context=Context(workspace=str(tmp_path)))

    assert (tmp_path / "made" / "t.csv").is_file()
    assert [item.name for item in (tmp_path / "made").iterdir()] == ["t.csv"]


@pytest.mark.parametrize("path", ["t.docx", "t", ""])
def test_an_unknown_ending_lists_the_known_ones(path: str) -> None:
    with pytest.raises(LibraryError, match=r"\.csv, \.tsv, \.parquet"):
        save_table(TABLE, path)


def test_other_kinds_of_address_are_refused() -> None:
    with pytest.raises(LibraryError, match="no http or https address"):
        load_table("s3://bucket/t.csv")


def test_the_records_inside_one_object_are_the_rows(tmp_path: Path) -> None:
    path = written(tmp_path, '{"total": 2, "rows": [{"a": 1}, {"a": 2}]}', "t.json")

    table = load_table(path)

    assert table.to_pydict() == {"a": [1, 2]}
    assert notes_of(table) == ["The rows are those of 'rows'; left out beside it: total."]


def test_whole_numbers_too_long_for_a_number_keep_their_digits(tmp_path: Path) -> None:
    path = written(tmp_path, "id,n,x\n12345678901234567890,1,6e23\n12345678901234567891,2,7e23\n")

    table = load_table(path)

    assert table.column("id").to_pylist() == ["12345678901234567890", "12345678901234567891"]
    assert table.select(["n", "x"]).to_pydict() == {"n": [1, 2], "x": [6e23, 7e23]}
