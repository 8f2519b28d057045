"""What `research_report` says of tables that need understanding."""

from pathlib import Path

import pytest

from tests.data.test_examples import HERE, report, research

TOLD = {
    "money": (
        'day,paid\n2024-01-01,"$1,200.50"\n2024-01-02,$3\n2024-01-03,($7)\n',
        "Mended: paid: read as numbers in $.",
    ),
    "dates that do not tell": (
        "day,n\n01/02/2024,1\n03/04/2024,2\n05/06/2024,4\n",
        "Mended: day: read as dates, day before month (the cells do not tell; check it).",
    ),
    "dates in several ways": (
        'when,n\n2024-01-31,1\n31/01/2024,2\n"Jan 5, 2024",4\n',
        "Mended: when: read as dates, written in 3 ways.",
    ),
    "dates that may be read in two ways": (
        "when,n\n2024-01-31,1\n03/01/2024,2\n04/01/2024,4\n",
        "'when' is taken as text: most cells are dates, but not all in one way of writing.",
    ),
    "a few cells among many dates": (
        "when,n\n" + "".join(f"{day:02}.01.2024,{day}\n" for day in range(1, 32)) + "tbd,3\ntbd,4\n",
        "Mended: when: read as dates, 2 cells that could not be read emptied ('tbd').",
    ),
    "columns of one name": (
        "n,n,N\n1,2,3\n5,4,9\n",
        "Column 2 is called 'n_2' here, since 'n' is the name of another; column 3 is called 'N_3'",
    ),
    "remarks above the header": (
        "# made by hand\nday,rain\n2024-01-01,3\n2024-01-02,5\n",
        "1 line above the column names left out: # made by hand.",
    ),
    "values that are no finite numbers": (
        "x,y\n1.5,1\ninf,2\nnan,4\n2.5,3\n",
        "Figures leave out 2 values of column 'x' NaN or infinite.",
    ),
    "only row numbers": (
        "n,name\n" + "".join(f"{n},b{n}\n" for n in range(9)),
        "No column clearly measures something ('n' looks like a row number)",
    ),
    "words among numbers": (
        "sku,qty\na,5\nb,12\nc,a few\nd,7\n",
        "'qty' is taken as text: most cells are numbers, but others are not ('a few').",
    ),
    "year beside a date": (
        "year,day,sold\n2024,2024-01-01,5\n2024,2024-01-02,7\n2025,2025-01-01,9\n",
        "Looks at: value 'sold', time 'day'.",
    ),
    "identifiers first": (
        "order_no,zip,total\n5000,12345,1.5\n5001,54321,2.5\n5002,11111,9\n",
        "Looks at: value 'total'.",
    ),
    "months": ("month,n\n2024-01,1\n2024-02,2\n2024-03,4\n", "time 'month'"),
}


@pytest.mark.parametrize("kind", TOLD)
def test_a_report_says_how_it_understood_the_table(tmp_path: Path, kind: str) -> None:
    text, told = TOLD[kind]
    (tmp_path / "t.csv").write_text(text)

    assert told in report(str(tmp_path / "t.csv"))["markdown"].text


def test_a_guessed_encoding_is_said_and_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("Stadt;Preis €\nKöln;1,5\nUlm;2,5\n".encode("cp1252"))

    guessed = report(str(path))["markdown"].text
    given = research.open_source(str(path), encoding="cp1252", context=HERE)

    assert "The file was read as Windows-1252" in guessed
    assert "**Preis €**" in guessed
    assert given["note"] == ""


def test_a_report_names_the_file_but_not_the_folder(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")

    text = report(str(tmp_path / "t.csv"))["markdown"].text

    assert "From t.csv." in text
    assert str(tmp_path) not in text
