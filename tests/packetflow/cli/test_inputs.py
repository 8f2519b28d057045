from pathlib import Path
from typing import Any, Literal, TypedDict

import pytest
from typer import BadParameter

from packetflow import Port
from packetflow.capabilities.contract import Contract
from packetflow.cli.inputs import Given, by_type, read
from packetflow.errors import MissingInput, UnknownName, UnreadableInput, WorkspaceError, WrongType


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, "12", "12"),
        (int, "12", 12),
        (float, "1e3", 1000.0),
        (bool, "true", True),
        (list[int], "[1, 2]", [1, 2]),
        (dict[str, Any], '{"a": 1}', {"a": 1}),
        (str | None, "null", None),
        (str | None, "12", "12"),
        (Literal["mean", "sum"], "sum", "sum"),
        (Any, "[1]", [1]),
        (Any, "plain", "plain"),
        (Path, "a/b", Path("a/b")),
    ],
)
def test_a_text_is_read_by_the_type_of_its_input(kind, text, value):
    assert by_type(Port("x", kind), text) == value


def test_a_text_that_fits_in_no_way_is_refused_with_its_type():
    with pytest.raises(WrongType, match="'n' must be int, not 'many'"):
        by_type(Port("n", int), "many")
    with pytest.raises(WrongType, match=r"'unit' must be 'EUR' \| 'USD', not 'GBP'$"):
        by_type(Port("unit", Literal["EUR", "USD"]), "GBP")


def test_a_secret_that_does_not_fit_is_not_repeated():
    with pytest.raises(WrongType) as refused:
        by_type(Port("pin", int, secret=True), "hunter2")

    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [(dict[str, int], '{"a":', 6), (list[int], "[1,a]", 4), (list[str], "a,b", 1)],
)
def test_bad_json_is_called_so_with_its_place(kind, text, place):
    with pytest.raises(UnreadableInput, match=f"'x' wants .* at character {place}$"):
        by_type(Port("x", kind), text)


def test_good_json_of_another_type_is_a_wrong_type():
    with pytest.raises(WrongType, match="'x' must be dict"):
        by_type(Port("x", dict), "[1]")


def test_a_folder_as_input_file_is_named_once(tmp_path):
    with pytest.raises(WorkspaceError) as refused:
        read(Contract(()), Given(str(tmp_path)), tmp_path)

    assert refused.value.message == f"{tmp_path} is a folder; give a JSON or YAML file"


def test_a_file_of_one_needed_mapping_may_be_that_mapping(tmp_path):
    (tmp_path / "one.json").write_text('{"name": "Ada"}')
    contract = Contract((Port("record", dict[str, Any]), Port("mood", str, optional=True)))

    assert read(contract, Given("one.json"), tmp_path) == {"record": {"name": "Ada"}}


def test_a_file_with_known_names_is_a_mapping_of_inputs(tmp_path):
    (tmp_path / "all.yaml").write_text("record: {a: 1}\nmood: warm\n")
    contract = Contract((Port("record", dict[str, Any]), Port("mood", str, optional=True)))

    assert read(contract, Given("all.yaml"), tmp_path) == {"record": {"a": 1}, "mood": "warm"}


def test_a_file_of_one_needed_list_may_be_that_list():
    contract = Contract((Port("sizes", list[int]),))

    assert read(contract, Given("-", piped="[1, 2]"), Path()) == {"sizes": [1, 2]}


@pytest.mark.parametrize(
    ("piped", "said"), [("3", "must hold a mapping"), ("{", "is no YAML"), ("[1]", "must hold")]
)
def test_a_file_of_something_else_is_refused(piped, said):
    with pytest.raises(WorkspaceError, match=said):
        read(Contract((Port("n", int),)), Given("-", piped=piped), Path())


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WorkspaceError, match=r"there is no file gone\.json"):
        read(Contract(), Given("gone.json"), tmp_path)


def test_an_unknown_input_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'name'"):
        read(Contract((Port("name", str),)), Given(words=["names=x"]), Path())


def test_only_a_whole_set_of_inputs_is_checked_for_what_is_missing():
    contract = Contract((Port("name", str),))

    assert read(contract, Given(), Path(), whole=False) == {}
    with pytest.raises(MissingInput, match="give name=<str>"):
        read(contract, Given(), Path())


def test_a_record_that_is_missing_is_asked_for_by_its_fields():
    class Limits(TypedDict):
        low: float
        high: float

    with pytest.raises(MissingInput) as told:
        read(Contract((Port("limits", Limits),)), Given(), Path())

    wanted = """give limits='{"low": <float>, "high": <float>}', or --input FILE"""
    assert str(told.value).endswith(wanted)


def test_a_value_without_a_name_is_answered_with_the_name_it_may_have():
    with pytest.raises(BadParameter, match="perhaps name=Ada"):
        read(Contract((Port("name", str),)), Given(words=("Ada",)), Path())
