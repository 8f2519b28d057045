from pathlib import Path

import pytest

from packetflow.errors import LibraryError
from packetflow.library.dialects import Dialect, guess_dialect


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("a,b\n1.5,2\n", Dialect(",", ".", "", True, "utf-8", ("a", "b"))),
        ("a;b\n1,5;2\n", Dialect(";", ",", "", True, "utf-8", ("a", "b"))),
        ("a;b\n1.5;2\n", Dialect(";", ".", "", True, "utf-8", ("a", "b"))),
        ("a\tb\n1.000,5\t2\n", Dialect("\t", ",", ".", True, "utf-8", ("a", "b"))),
        ("1|2\n3|4\n", Dialect("|", ".", "", False, "utf-8")),
        ("name\nAda; Bob\nCyd\n", Dialect(",", ".", "", True, "utf-8", ("name",))),
        ('a,b\n"x;y;z",2\n"p;q;r",3\n', Dialect(",", ".", "", True, "utf-8", ("a", "b"))),
    ],
)
def test_the_way_a_table_is_written_is_recognised(
    tmp_path: Path, text: str, dialect: Dialect
) -> None:
    (tmp_path / "t.csv").write_text(text)

    assert guess_dialect(tmp_path / "t.csv") == dialect


def test_a_long_file_is_judged_by_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;ä\n" + "1;é\n" * 100_000)

    assert guess_dialect(tmp_path / "t.csv").separator == ";"


def test_remarks_and_titles_stand_above_the_header(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("# by hand\nReport;;\n;;\nday;a;b\nx;1;2\ny;3;4\n")

    dialect = guess_dialect(tmp_path / "t.csv")

    assert dialect.names == ("day", "a", "b")
    assert dialect.above == ("# by hand", "Report", "")


def test_a_web_page_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n<!DOCTYPE html><html><p>Sign in, please</p></html>")

    with pytest.raises(LibraryError, match=r"'t\.csv' is a web page, not a table"):
        guess_dialect(tmp_path / "t.csv")
