import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from packetflow import Context
from packetflow.errors import LibraryError
from packetflow.library.models import ask_model


class Span:
    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}

    def record(self, attributes: Mapping[str, Any]) -> None:
        self.facts |= attributes


def script(folder: Path, answers: object) -> str:
    (folder / "script.json").write_text(json.dumps(answers))
    return f"scripted:{folder / 'script.json'}"


async def test_the_answer_comes_back_and_its_cost_goes_to_the_span(tmp_path: Path) -> None:
    span = Span()

    answer = await ask_model(
        "Say hello", model=script(tmp_path, ["Hello there"]), context=Context(reporter=span)
    )

    assert answer == {"answer": "Hello there", "structured": None, "model_used": "scripted"}
    assert span.facts == {
        "tokens_in": 2,
        "tokens_out": 2,
        "cost_usd": 0.0,
        "model": "scripted",
        "provider": "scripted",
    }


async def test_a_schema_gives_a_value(tmp_path: Path) -> None:
    model = script(tmp_path, {"*": {"n": 3}})

    answer = await ask_model("How many?", model=model, schema={"required": ["n"]})

    assert answer["structured"] == {"n": 3}


async def test_the_environment_names_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKETFLOW_MODEL", script(tmp_path, ["yes"]))

    assert (await ask_model("Well?"))["answer"] == "yes"


async def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(LibraryError, match="prompt is empty"):
        await ask_model("  ")
