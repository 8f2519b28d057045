"""Every example of docs/composition-file.md loads, and survives saving."""

import re
from pathlib import Path
from typing import get_args

import pytest

from packetflow.composition import edit_operations
from packetflow.composition.codec import dump, load
from packetflow.composition.codec_read import HEADER, KEYS
from packetflow.composition.steps import Pipeline
from packetflow.composition.walk import walk

PAGE = (Path(__file__).parents[1] / "docs" / "composition-file.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def whole(example):
    return example if example.startswith("pipeline:") else f"pipeline: page\nsteps:\n{example}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_loads_and_is_the_same_after_saving(example):
    pipeline = load(whole(example), lambda kind, name: None)

    assert load(dump(pipeline), lambda kind, name: None) == pipeline
    assert isinstance(pipeline, Pipeline)


def test_the_page_shows_every_key():
    keys = {key for kind, others in KEYS.items() for key in (kind, *others)} | set(HEADER)

    assert not {key for key in keys if not re.search(rf"\b{key}:", PAGE)}


def test_the_page_shows_every_kind_of_step():
    shown = {
        type(step).__name__
        for example in EXAMPLES
        for step in walk(load(whole(example), lambda kind, name: None).step)
    }

    from packetflow.composition.steps import Step

    assert shown == {kind.__name__ for kind in get_args(Step)}


def test_the_page_lists_every_operation():
    names = {kind.__struct_config__.tag for kind in get_args(edit_operations.Operation)}

    assert not {name for name in names if f"op: {name}" not in PAGE}
