"""Ready capabilities: tables, statistics, charts, text, documents, reports, web, models, messages.

Importing this package loads nothing heavy. A capability's module is imported when its name is
first used, and the big libraries behind it only when it is called:

>>> from packetflow import library
>>> library.load_table.name
'load_table'
>>> "keywords" in {ready.name for ready in library.capabilities()}
True
"""

from __future__ import annotations

import importlib
import types
import typing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packetflow.composition import Capability

_MODULES = {
    "table_files": ("load_table", "save_table"),
    "tables": ("run_sql", "select_columns", "filter_rows", "sort_rows", "join_tables"),
    "cleaning": ("clean_table",),
    "profiles": ("profile_table",),
    "roles": ("guess_roles",),
    "statistics": ("trends", "outliers"),
    "relations": ("describe", "correlations"),
    "charts": ("chart", "charts_for"),
    "text": ("text_statistics", "split_text"),
    "rake": ("keywords",),
    "languages": ("language",),
    "summaries": ("summarize_text",),
    "documents": ("read_document", "list_documents"),
    "reports": ("render_report", "save_file"),
    "web": ("fetch_page",),
    "models": ("ask_model",),
    "asking": ("ask_with_tools",),
    "messages": ("send_message",),
    "calendars": ("calendar_lookup",),
}
_HOME = types.MappingProxyType({name: home for home, names in _MODULES.items() for name in names})

# The names come from _MODULES, so that the list exists once.
__all__ = ["capabilities", *sorted(_HOME)]  # noqa: PLE0604


def capabilities(
    of: typing.Container[str] | None = None,
) -> tuple[Capability[..., typing.Any], ...]:
    """Give ready capabilities, in the order of the documentation; loads their modules.

    Args:
        of: Only those of these names; ``None`` for every one.
    """
    return tuple(_load(name) for name in _HOME if of is None or name in of)


def _load(name: str) -> Capability[..., typing.Any]:
    module = importlib.import_module(f"{__name__}.{_HOME[name]}")
    ready: Capability[..., typing.Any] = getattr(module, name)
    globals()[name] = ready
    return ready


def __getattr__(name: str) -> Capability[..., typing.Any]:
    if name in _HOME:
        return _load(name)
    raise AttributeError(f"packetflow.library has no capability {name!r}; see its capabilities()")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
