"""The catalog in a notebook's cell: what there is, found by words, with contracts to unfold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from packetflow.composition.capability import Capability
from packetflow.composition.draw import contract_tables
from packetflow.composition.steps import Pipeline
from packetflow.show import html
from packetflow.show.text import safe

if TYPE_CHECKING:
    from packetflow.discovery.catalog import Catalog

MOST: Final = 60
Item: TypeAlias = Capability[..., Any] | Pipeline


FIELD: Final = "Search capabilities and pipelines"


class CatalogView:
    """Implements `packetflow.show.pane.View` for a catalog.

    Args:
        catalog: What to show.
        query: Words to begin with; empty for everything, the workspace's own first.
    """

    def __init__(self, catalog: Catalog, query: str = "") -> None:
        self._catalog = catalog
        self._first = self._query = str(query)  # whatever stands between the brackets

    def html(self) -> str:
        """A line to search in, and what was found."""
        found = self._found()
        rows = "".join(map(_row, found[:MOST]))
        left = len(found) - MOST
        more = f"<p>{left:,} more; search for what you need.</p>" if left > 0 else ""
        nothing = "" if found else f"<p>Nothing is found for {safe(self._query)}.</p>"
        return html.page(
            html.part("search", html.field(FIELD, {"do": "search"}, self._first)),
            html.part("found", rows, nothing, more),
        )

    def text(self) -> str:
        """Names, contracts and intents."""
        found = self._found()
        lines = [f"{one.name}{one.contract}\n    {_intent(one)}" for one in found]
        return "\n".join(lines) or f"nothing is found for {self._query!r}"

    def is_live(self) -> bool:
        """It changes when it is searched, or when files change, which is seen then."""
        return False

    def heard(self, said: Mapping[str, Any]) -> None:
        """Search."""
        self._query = str(said.get("text", ""))
        self._catalog.refresh()

    def _found(self) -> list[Item]:
        if self._query.strip():
            return self._catalog.search(self._query, MOST)
        return [*self._catalog.pipelines(), *self._catalog.capabilities()]


def _row(one: Item) -> str:
    kind = "pipeline" if isinstance(one, Pipeline) else ""
    badges = [kind] if kind else list(map(str, one.declaration.tags))  # type: ignore[union-attr]  # a pipeline has none
    marks = "".join(f'<span class="pf-badge">{safe(badge)}</span>' for badge in badges)
    intent = f'<span class="pf-soft">{safe(_intent(one))}</span>'
    return (
        f'<details data-key="{safe(one.name)}"><summary><b>{safe(one.name)}</b> {marks} {intent}'
        f"</summary><code>{safe(str(one.contract))}</code>{contract_tables(one.contract)}</details>"
    )


def _intent(one: Item) -> str:
    return one.intent if isinstance(one, Pipeline) else one.declaration.intent
