"""A workspace made of texts, carried and loaded again, for the tests of exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from textwrap import dedent

import pytest

from packetflow.discovery.catalog import Catalog
from packetflow.kernel.cards import Listing
from packetflow.mcp.export.carried import CannotExport, Carried, carry
from packetflow.runner.present import capability_card, list_all, pipeline_card

HEAD = "from packetflow import capability\n\n\n"
TOOL = '@capability(provides="out")\ndef tool(n: int) -> int:\n    """Answer."""\n    return {}\n'

_numbers = count()


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A workspace of these files."""
    for part in ("capabilities", "pipelines"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(dedent(text), "utf-8")
    return folder


@contextmanager
def loaded(folder: Path) -> Iterator[Catalog]:
    """The workspace's catalog, as a runner would have it."""
    catalog = Catalog(folder, package=f"packetflow_workspace_test{next(_numbers)}")
    try:
        yield catalog
    finally:
        catalog.close()


def listed(folder: Path) -> Listing:
    """What a runner tells of the workspace."""
    with loaded(folder) as catalog:
        return list_all(catalog, "", 0)


def carried(folder: Path, *names: str) -> Carried:
    """What travels of a workspace."""
    return carry(folder, listed(folder), names)


def unpacked(what: Carried, folder: Path) -> Path:
    """What travelled, as a workspace elsewhere."""
    return written(folder, {**what.files, **what.attachments})


def refusal(folder: Path, *names: str, listing: Listing | None = None) -> list[str]:
    """Why it cannot be exported, a sentence each reason."""
    with pytest.raises(CannotExport) as refused:
        carry(folder, listing or listed(folder), names)
    return [str(one) for one in refused.value.reasons]


def same_cards(before: Listing, after: Path) -> set[str]:
    """Whatever is in the second workspace is as it is in the first; answers the names of all."""
    capabilities = {one.name: one for one in before.capabilities}
    pipelines = {one.name: one for one in before.pipelines}
    with loaded(after) as second:
        assert second.broken() == []
        for one in second.own():
            new = capability_card(one)
            for field in set(new.__struct_fields__) - {"file", "module"}:
                assert getattr(new, field) == getattr(capabilities[one.name], field), field
        for flow in second.pipelines():
            made = pipeline_card(flow, "")
            for field in set(made.__struct_fields__) - {"exposed", "file"}:
                assert getattr(made, field) == getattr(pipelines[flow.name], field), field
        return {one.name for one in [*second.own(), *second.pipelines()]}
