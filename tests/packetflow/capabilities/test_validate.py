import typing

from packetflow.capabilities.validate import validator


def test_what_a_typed_dict_says_to_pydantic_counts_on_every_version_of_python():
    class Row(typing.TypedDict):
        n: int

    Row.__pydantic_config__ = {"extra": "allow"}

    assert validator(Row)({"n": "1", "more": 2}) == {"n": 1, "more": 2}
