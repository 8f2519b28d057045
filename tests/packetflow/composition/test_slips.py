"""Names that are hardly meant, values and exceptions that cannot be."""

from dataclasses import dataclass
from typing import Any, TypedDict

import pytest

from packetflow import Port, capability, each, repeat, then, wait_for, when
from packetflow.capabilities.contract import Contract
from packetflow.composition.build import guarded
from packetflow.composition.capability import from_contract
from packetflow.composition.check import check, check_pipeline
from packetflow.composition.policies import Retry
from packetflow.composition.slips import is_slip, unfit, unknown_exception


class Order(TypedDict):
    order_id: str


@dataclass
class Item:
    price: float


@capability(provides="validation_errors")
def validate(customer: dict) -> list[str]:
    return []


@capability(provides="report")
def report(validation_errors: list[str]) -> str:
    return ""


@capability(provides="limited")
def limit(text: str, words: int = 5) -> str:
    return text


@capability(provides="quote")
def quote(customer: dict) -> Order:
    return {"order_id": ""}


@capability(provides="item")
def item(customer: dict) -> Item:
    return Item(1)


@capability(provides="loose")
def loose(customer: dict) -> Any:
    return customer


@capability(provides="sent")
def send(order_id: str) -> bool:
    return True


def slips(flow, **given):
    return [one for one in check(flow.as_step(), **given) if one.code == "likely_slip"]


WARNED = {
    "a condition": validate >> when("size(validation_erors) == 0", report),
    "a condition's singular": validate >> when("size(validation_error) == 0", report),
    "a joint": validate >> report.reading(validation_errors="validaton_errors"),
    "an output": validate.writing(validation_errors="validation_erors") >> report,
    "a loop's condition": repeat(validate, until="size(validation_erors) == 0"),
    "a list walked": validate >> each(limit, over={"text": "validation_erors"}),
    "another spelling": validate >> report.reading(validation_errors="validationErrors"),
    "a wait's key": then(validate, wait_for("reply", key="custmer")),
}  # fmt: skip


NEAREST = ("validation_errors", "validation_erors", "customer")


@pytest.mark.parametrize("flow", WARNED.values(), ids=WARNED)
def test_a_name_nearly_that_of_a_value_at_hand_is_warned_about_with_the_nearest(flow):
    (found,) = slips(flow)

    assert found.severity == "warning"
    assert any(f"did you mean '{near}'" in found.message for near in NEAREST)
    assert found.step


def test_the_mend_reads_the_name_that_is_meant():
    (found,) = slips(validate >> report.reading(validation_errors="validaton_errors"))

    assert found.fix is not None
    assert found.fix.operation == {
        "op": "read",
        "step": "report",
        "input": "validation_errors",
        "from": "validation_errors",
    }


RIGHT = {
    "a singular beside": validate >> limit.reading(text="validation_error"),
    "a default": validate >> limit.reading(words="validation_error"),
    "other words": validate >> report.reading(validation_errors="old_errors"),
    "a value of another type": validate >> send.reading(order_id="validation_eror"),
    "what it makes itself": report.reading(validation_errors="reports"),
}  # fmt: skip


@pytest.mark.parametrize("flow", RIGHT.values(), ids=RIGHT)
def test_a_name_that_may_well_be_meant_is_let_be(flow):
    assert slips(flow) == []


def test_who_says_that_a_name_is_meant_is_not_asked_again():
    flow = validate >> when("size(validation_error) == 0", report)
    named = flow.saved_as("p", requires=["customer", "validation_error"])
    typed = flow.saved_as("p", inputs={"validation_error": Port("validation_error", list)})

    assert len(slips(flow)) == 1
    assert [one for one in check_pipeline(named) if one.code == "likely_slip"] == []
    assert [one for one in check_pipeline(typed) if one.code == "likely_slip"] == []


def test_a_slip_is_no_error_so_it_can_run():
    flow = validate >> when("size(validation_error) == 0", report)

    assert check(flow.as_step(), errors_only=True) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("price_eur", "price_usd"),
        ("part_1", "part_2"),
        ("x_min", "x_max"),
        ("lat", "lon"),
        ("left_table", "right_table"),
        ("first_name", "last_name"),
        ("start_date", "end_date"),
        ("rows_in", "rows_out"),
        ("text", "tests"),
    ],
)
def test_names_that_differ_because_they_mean_to_are_no_slips(name, other):
    assert not is_slip(name, other)
    assert not is_slip(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("recieved", "received"),
        ("tabel", "table"),
        ("risk_scroe", "risk_score"),
        ("TotalSum", "total_sum"),
    ],
)
def test_swapped_dropped_and_doubled_letters_are_slips(name, other):
    assert is_slip(name, other)
    assert is_slip(other, name)


@pytest.mark.parametrize("maker", [quote, item])
def test_a_joint_that_reaches_into_a_record_is_an_error(maker):
    (name,) = maker.contract.outputs
    (found,) = slips(maker >> send.reading(order_id=f"{name}.order_id"))

    assert found.severity == "error"
    assert f"a joint takes {name!r} whole" in found.message


def test_a_joint_that_may_reach_into_a_value_is_a_warning():
    (found,) = slips(loose >> send.reading(order_id="loose.order_id"))

    assert found.severity == "warning"


def test_a_name_with_a_dot_that_reaches_into_nothing_is_a_name():
    assert slips(send.reading(order_id="order.id")) == []
    assert slips(quote >> send.reading(order_id="quote.id"), given=["customer", "quote.id"]) == []


def test_a_field_in_a_condition_is_fine():
    assert slips(quote >> when("quote.order_id != ''", report)) == []


def test_a_fixed_value_of_a_wrong_type_is_an_error_that_keeps_the_value_to_itself():
    (found,) = check(limit.setting(words="hunter2").as_step())

    assert (found.code, found.severity, found.name) == ("wrong_type", "error", "words")
    assert "is no int" in found.message
    assert "hunter2" not in found.message


def test_a_fixed_value_is_read_as_the_engine_reads_it():
    assert unfit(Port("n", int), "3") is None
    assert unfit(Port("n", float), 3) is None
    assert unfit(Port("n", int | None), None) is None
    assert unfit(Port("n", int), 2.5) is not None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TimeoutErorr", "did you mean 'TimeoutError'"),
        ("IOError", "another name of 'OSError'"),
        ("asyncio:TimeoutError", "another name of 'TimeoutError'"),
        ("httpx.ReadTimeout", "write 'httpx:ReadTimeout'"),
        ("TimedOut", "write 'packetflow.errors:TimedOut'"),
        ("packetflow:TimedOut", "is written 'packetflow.errors:TimedOut'"),
        ("packetflow.errors:TimdOut", "did you mean 'TimedOut'"),
        ("builtins:OSError", "'OSError'"),
        ("print", "no exception is called 'print'"),
        ("Xyzzy", "written 'module:Class'"),
    ],
)
def test_a_retry_on_what_is_never_raised_is_an_error_with_the_nearest(name, said):
    (found,) = check(guarded(validate, Retry(2, (name,))))

    assert (found.code, found.severity, found.step) == ("unknown_exception", "error", "validate")
    assert said in found.message


@pytest.mark.parametrize(
    "name",
    [
        "OSError",
        "Exception",
        "KeyboardInterrupt",
        "httpx:ReadTimeout",
        "packetflow.errors:TimedOut",
    ],
)
def test_an_exception_that_can_be_raised_is_fine(name):
    assert unknown_exception(name) is None


def test_names_that_are_no_identifiers_are_taken_as_they_are():
    raw = from_contract(dict, "raw", Contract((Port("a.fits"),), (Port("pa.fits"), Port("ALL"))))
    more = from_contract(
        dict, "more", Contract((Port("ALL.1.vcf"), Port("ppa.fits")), (Port("b"),))
    )

    assert slips(raw >> more) == []
