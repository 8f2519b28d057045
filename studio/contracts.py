"""Draws what a capability or a pipeline takes and gives, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from packetflow.kernel.cards import PortCard
from studio.showing import rows


def show_contract(requires: Sequence[PortCard], provides: Sequence[PortCard]) -> None:
    """Both sides of a contract, beside each other."""
    takes, gives = st.columns(2, gap="large")
    for slot, title, ports in ((takes, "It takes", requires), (gives, "It gives", provides)):
        with slot:
            st.markdown(f"**{title}**")
            if ports:
                rows("".join(map(port_row, ports)))
            else:
                st.caption("Nothing.")


def port_row(port: PortCard) -> str:
    """A port as a row of a table: name, type, default, help.

    >>> port_row(PortCard("n", "int", True, "3", help="How many"))
    '<tr><td><code>n</code></td><td class="d">int = 3<br>How many</td></tr>'
    """
    default = f" = {port.default_repr}" if port.default_repr else ""
    mark = "?" if port.optional and not default else ""
    said = [escape(port.type + default), *(["kept secret"] if port.secret else [])]
    told = "<br>".join([", ".join(said), *([escape(port.help)] if port.help else [])])
    return f'<tr><td><code>{escape(port.name)}{mark}</code></td><td class="d">{told}</td></tr>'


def call_text(name: str, inputs: Mapping[str, Any]) -> str:
    """Python that calls it with some inputs.

    >>> print(call_text("greet", {"name": "Ada"}))
    ws.run_sync("greet", name="Ada")
    """
    said = [f"{key}={_quoted(value)}" for key, value in inputs.items()]
    line = f"ws.run_sync({', '.join([_quoted(name), *said])})"
    if len(line) <= 80:
        return line
    inner = "".join(f"    {one},\n" for one in [_quoted(name), *said])
    return f"ws.run_sync(\n{inner})"


def _quoted(value: Any) -> str:
    if isinstance(value, str) and '"' not in value and "\\" not in value and value.isprintable():
        return f'"{value}"'
    return repr(value)
