"""The onboarding of customers whose records are odd."""

from typing import Any

import pytest

from packetflow.errors import LibraryError
from tests.data.test_examples import HERE, customers


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("name", ["Ada"]),
        ("name", "Ada\n# Heading"),
        ("name", "x" * 1_000),
        ("email", ["ada@example.org"]),
        ("email", "a" * 1_000 + "@example.org"),
        ("country", None),
        ("birth_date", 19851210),
        ("birth_date", "1985-W50-2"),
        ("birth_date", "1985-13-01"),
        ("yearly_income", float("nan")),
        ("yearly_income", float("inf")),
        ("yearly_income", 10**400),
        ("yearly_income", True),
    ],
)
def test_a_wrong_field_of_a_customer_is_named_and_its_letter_is_short(
    field: str, value: object
) -> None:
    customer = {**customers.pick_customer("C-001", context=HERE)["customer_data"], field: value}

    errors = customers.validate_customer_data(customer)["validation_errors"]
    letter = customers.request_data_correction(customer, errors)

    assert [error.split(":")[0] for error in errors] == [field]
    assert len(letter.text) < 300
    assert "\n# " not in letter.text


@pytest.mark.parametrize("wrong", [{"goals": 5}, {"goals": [["travel"]]}, {"channel": {"a": 1}}])
def test_wrong_wishes_are_refused_by_their_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(LibraryError, match=f"onboarding_preferences: {next(iter(wrong))} is"):
        customers.preference_analysis(wrong)


def test_a_single_wish_need_not_be_a_list() -> None:
    made = customers.preference_analysis({"goals": "travel"})

    assert made["recommended_products"] == ["Card without borders"]
