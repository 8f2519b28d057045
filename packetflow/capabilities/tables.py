"""Contracts as small tables in HTML."""

from __future__ import annotations

from packetflow.capabilities.contract import MISSING, Contract, Port, type_name
from packetflow.show import html
from packetflow.show.theme import Theme


def contract_html(contract: Contract, *, theme: Theme = "auto") -> str:
    """A contract as tables of what it requires and provides."""
    return html.page(
        contract_tables(contract) or "<p>Needs nothing, gives nothing.</p>", theme=theme
    )


def contract_tables(contract: Contract) -> str:
    """The tables alone, for a page of your own."""
    heads = ("name", "type", "default", "what it is")
    needs = [(p.name, type_name(p.type), _default(p), p.help) for p in contract.requires]
    makes = [
        (p.name, type_name(p.type), "not always" if p.optional else "always", p.help)
        for p in contract.provides
    ]
    return html.side_by_side(
        html.table("Requires", heads, needs),
        html.table("Provides", ("name", "type", "made", "what it is"), makes),
    )


def _default(port: Port) -> str:
    if port.secret:
        return "secret"
    if not port.optional:
        return "needed"
    if port.default is MISSING:
        return "may be left out"
    text = repr(port.default)
    return text if len(text) <= 60 else f"{text[:59]}\u2026"
