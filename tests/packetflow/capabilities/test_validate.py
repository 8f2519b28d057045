import typing

import pytest
from pydantic import ValidationError

from packetflow.capabilities.validate import validator


def test_what_a_typed_dict_says_to_pydantic_counts_on_every_version_of_python():
    class Row(typing.TypedDict):
        n: int

    Row.__pydantic_config__ = {"extra": "allow"}

    assert validator(Row)({"n": "1", "more": 2}) == {"n": 1, "more": 2}


def test_what_a_typed_dict_needs_may_be_one_that_needs_something():
    class Inner(typing.TypedDict, total=False):
        n: typing.Required[int]
        more: typing.NotRequired[int]

    class Outer(typing.TypedDict, total=False):
        inner: typing.Required[Inner]
        other: Inner

    check = validator(list[Outer])

    assert check([{"inner": {"n": "1"}}]) == [{"inner": {"n": 1}}]
    for wrong in ({}, {"inner": {}}, {"inner": {"n": 1}, "other": {}}):
        with pytest.raises(ValidationError):
            check([wrong])
