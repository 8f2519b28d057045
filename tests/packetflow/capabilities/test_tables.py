"""Contracts as tables: what is needed, what may be left out, what is secret."""

from packetflow.capabilities.contract import Contract, Port
from packetflow.capabilities.tables import contract_html, contract_tables


def test_each_input_says_whether_it_is_needed():
    ports = (
        Port("url", str, help="Where it is."),
        Port("tries", int, optional=True, default=3),
        Port("note", str, optional=True),
        Port("key", str, optional=True, default="hunter2", secret=True),
    )

    made = contract_tables(Contract(ports))

    for cell in ("needed", "3", "may be left out", "secret", "Where it is."):
        assert f"<td>{cell}</td>" in made
    assert "hunter2" not in made


def test_each_output_says_whether_it_is_always_made():
    made = contract_tables(Contract((), (Port("a", int), Port("b", int, optional=True))))

    assert "<td>always</td>" in made
    assert "<td>not always</td>" in made


def test_long_defaults_are_cut():
    made = contract_tables(Contract((Port("a", str, optional=True, default="x" * 500),)))

    assert len(made) < 600


def test_an_empty_contract_says_so():
    assert "Needs nothing, gives nothing." in contract_html(Contract())
