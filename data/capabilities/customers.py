"""Steps of `customer_onboarding`. The customers and the credit bureau are made up.

Nothing here is a trained model: every score is a rule that can be read below.
"""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

from packetflow import Context, Effect, Markdown, capability
from packetflow.errors import LibraryError
from packetflow.library.paths import existing_file


class Customer(TypedDict):
    customer_data: dict[str, Any]
    onboarding_preferences: dict[str, Any]
    note: str


@capability(
    effects=[Effect.reads("files")],
    examples=[{"customer_id": "C-001"}, {"customer_id": "C-004"}],
)
def pick_customer(
    customer_id: str,
    customers_file: str = "files/customers.json",
    context: Context | None = None,
) -> Customer:
    """Take one customer out of a file of customers.

    Args:
        customer_id: Such as "C-001" (good) or "C-004" (bad).
        customers_file: A JSON file like files/customers.json.
        context: Filled by the engine.
    """
    records = json.loads(Path(existing_file(customers_file, context)).read_text("utf-8"))
    for record in records["customers"]:
        if record["customer_data"].get("customer_id") == customer_id:
            return {**record, "note": records["note"]}
    known = ", ".join(str(r["customer_data"].get("customer_id")) for r in records["customers"])
    raise LibraryError(f"no customer {customer_id!r} in {customers_file!r}; it has {known}")


class Validated(TypedDict):
    validated_data: dict[str, Any]
    validation_errors: list[str]


@capability(
    effects=[Effect.audit("info")],
    examples=[
        {
            "customer_data": {
                "customer_id": "C-001",
                "name": "Ada Example",
                "email": "ada@example.org",
                "country": "NO",
                "birth_date": "1985-12-10",
                "yearly_income": 62000,
                "made_up": True,
            }
        }
    ],
)
def validate_customer_data(customer_data: dict[str, Any]) -> Validated:
    """Check a customer's record and list everything that must be corrected.

    Args:
        customer_data: name, email, country (two letters), birth_date (YYYY-MM-DD), yearly_income.
    """
    errors = []
    record = {k: v.strip() if isinstance(v, str) else v for k, v in customer_data.items()}
    name, email, country = (record.get(field) for field in ("name", "email", "country"))
    if name is None or name == "":
        errors.append("name: is missing")
    elif not isinstance(name, str) or len(name) > 200 or not name.isprintable():
        errors.append(f"name: {_short(name)} is no name; write one line of at most 200 letters")
    if not _is_text(email, r"(?=.{3,254}$)[^@\s]+@[^@\s]+\.[^@\s]+"):
        errors.append(f"email: {_short(email)} is no address; write name@example.org")
    if not _is_text(country, r"[A-Z]{2}"):
        errors.append(f"country: {_short(country)} is no code; write two capital letters")
    income = record.get("yearly_income")
    is_number = isinstance(income, (int, float)) and not isinstance(income, bool)
    if not is_number or not 0 <= income <= 1e12:
        errors.append(
            f"yearly_income: {_short(income)} is no amount; write a number from 0 to 1e12"
        )
    errors += _birth_date_errors(record.get("birth_date"))
    return {"validated_data": {} if errors else record, "validation_errors": errors}


def _is_text(written: Any, form: str) -> bool:
    return isinstance(written, str) and re.fullmatch(form, written) is not None


def _short(written: Any) -> str:
    """A wrong value as a message shows it."""
    if isinstance(written, int) and abs(written) > 10**18:
        return "a number of very many digits"
    text = (
        ascii(written) if isinstance(written, str) and not written.isprintable() else f"{written!r}"
    )
    return text if len(text) <= 60 else f"{text[:59]}\u2026"


def _birth_date_errors(written: Any) -> list[str]:
    wrong = [f"birth_date: {_short(written)} is no date; write YYYY-MM-DD"]
    if not _is_text(written, r"\d{4}-\d{2}-\d{2}"):
        return wrong
    try:
        born = date.fromisoformat(written)
    except ValueError:
        return wrong
    if born.year < 1900 or born.year > 2008:
        return [f"birth_date: {written} makes no grown-up customer; check the year"]
    return []


class Credit(TypedDict):
    credit_score: int
    credit_source: str


@capability(effects=[Effect.reads("network"), Effect.histogram("credit_bureau_seconds")])
def ask_credit_bureau(validated_data: dict[str, Any], context: Context | None = None) -> Credit:
    """Ask the (made-up) credit bureau for a score from 0 to 100.

    To show retry and fallback, the bureau does not know everybody's country and is moody: it
    drops the first call for customers whose record says `bureau: slow`, and every call for
    `bureau: down`.

    Args:
        validated_data: The customer's record.
        context: Filled by the engine.
    """
    mood = validated_data.get("bureau", "fine")
    attempt = context.attempt if context else 1
    if mood == "down" or (mood == "slow" and attempt == 1):
        raise ConnectionError("the credit bureau does not answer")
    income = validated_data["yearly_income"]
    return {"credit_score": min(95, 30 + int(income) // 1500), "credit_source": "bureau"}


@capability
def estimate_credit(validated_data: dict[str, Any]) -> Credit:
    """Estimate the credit score from income alone, carefully; for when the bureau is away.

    Args:
        validated_data: The customer's record.
    """
    score = min(60, 20 + int(validated_data["yearly_income"]) // 2000)
    return {"credit_score": score, "credit_source": "estimate"}


class Risk(TypedDict):
    risk_score: float
    risk_factors: list[str]


@capability(effects=[Effect.audit("info"), Effect.counter("risk_assessments")])
def ai_risk_assessment(
    validated_data: dict[str, Any], credit_score: int, credit_source: str = "bureau"
) -> Risk:
    """Rate the risk of a customer from 0 (none) to 1, with reasons; by rules, no model.

    Args:
        validated_data: The customer's record.
        credit_score: 0 to 100.
        credit_source: "bureau" or "estimate".
    """
    score, factors = 0.1, []
    if credit_score < 50:
        score += 0.35
        factors.append(f"credit score of {credit_score} is low")
    if credit_source == "estimate":
        score += 0.15
        factors.append("the credit score is only an estimate")
    if date.fromisoformat(validated_data["birth_date"]).year > 2003:
        score += 0.1
        factors.append("short history because of age")
    if validated_data["yearly_income"] < 15_000:
        score += 0.2
        factors.append("low income")
    return {"risk_score": round(min(1.0, score), 2), "risk_factors": factors}


class Preferences(TypedDict):
    recommended_products: list[str]
    personalization: dict[str, str]


_PRODUCTS = {
    "saving": "Growing savings",
    "travel": "Card without borders",
    "home": "Home loan talk",
    "business": "Account for founders",
}


@capability(
    examples=[{"onboarding_preferences": {"goals": ["travel"], "channel": "app", "tone": "brief"}}]
)
def preference_analysis(onboarding_preferences: dict[str, Any]) -> Preferences:
    """Turn a customer's wishes into products and a way of talking; by rules, no model.

    Args:
        onboarding_preferences: goals (saving, travel, home, business), channel (app, email, phone),
            tone (brief, friendly).
    """
    wanted = onboarding_preferences.get("goals") or []
    goals = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(goals, list) or not all(isinstance(goal, str) for goal in goals):
        raise LibraryError(
            f"onboarding_preferences: goals is {_short(wanted)}; write a list of "
            f"{', '.join(_PRODUCTS)}"
        )
    for field in ("channel", "tone"):
        if not isinstance(onboarding_preferences.get(field) or "", str):
            raise LibraryError(
                f"onboarding_preferences: {field} is "
                f"{_short(onboarding_preferences[field])}; write one word"
            )
    products = [_PRODUCTS[goal] for goal in goals if goal in _PRODUCTS]
    return {
        "recommended_products": products or ["Everyday account"],
        "personalization": {
            "channel": str(onboarding_preferences.get("channel") or "email"),
            "tone": str(onboarding_preferences.get("tone") or "friendly"),
        },
    }


@capability(provides="onboarding_plan", effects=[Effect.notify("onboarding")])
def generate_onboarding_plan(
    validated_data: dict[str, Any],
    risk_score: float,
    risk_factors: list[str],
    recommended_products: list[str],
    personalization: dict[str, str],
) -> Markdown:
    """Write the steps that welcome this customer.

    Args:
        validated_data: The customer's record.
        risk_score: 0 to 1.
        risk_factors: Reasons for the score.
        recommended_products: What to offer, best first.
        personalization: Channel and tone.
    """
    steps = [f"Welcome {validated_data['name']} by {personalization['channel']}."]
    if risk_score >= 0.5:
        reasons = "; ".join(risk_factors)
        steps.append(f"Have a person check the account first (risk {risk_score:.2f}: {reasons}).")
    steps += [f"Offer “{product}”." for product in recommended_products]
    steps.append("Ask after two weeks how it goes.")
    made_up = "\n\n*This customer is made up.*" if validated_data.get("made_up") else ""
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    return Markdown(f"## Plan for {validated_data['name']}\n\n{listed}{made_up}")


@capability(provides="correction_request")
def request_data_correction(
    customer_data: dict[str, Any], validation_errors: list[str]
) -> Markdown:
    """Write the message that asks a customer to correct their record.

    Args:
        customer_data: The record as it came.
        validation_errors: What is wrong, one sentence each.
    """
    is_wrong = any(error.startswith("name:") for error in validation_errors)
    name = "customer" if is_wrong else str(customer_data["name"]).strip()
    listed = "\n".join(f"- {error}" for error in validation_errors)
    made_up = "\n\n*This customer is made up.*" if customer_data.get("made_up") else ""
    return Markdown(f"Dear {name},\n\nplease correct your record:\n\n{listed}{made_up}")
