"""Decorated functions keep their signatures for the type checker."""

from pathlib import Path

from mypy import api

HERE = Path(__file__).parent
CONFIG = HERE.parent.parent / "pyproject.toml"


def test_a_capability_keeps_the_signature_of_its_function():
    said, wrong, code = api.run(["--config-file", str(CONFIG), str(HERE / "signatures.py")])

    assert not wrong
    assert code == 0, said
    assert "Capability[[text: str, times: int =], TypedDict(" in said
    assert "Capability[[text: str, *, language: str =], str]" in said
