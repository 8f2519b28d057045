"""Draws the fields of a form, and takes uploads; what to make of them is in `studio.forms`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import streamlit as st

from packetflow.engine.values import Opaque, unpack
from packetflow.errors import LibraryError
from packetflow.library.table_files import load_table
from studio.forms import Field, Nested
from studio.reading import as_typed, written
from studio.showing import plain_markdown

UPLOADS = ".packetflow/uploads"
TABLES = ["csv", "tsv", "xlsx", "parquet", "json"]
"""The endings of tables that can be uploaded."""
SHORT = frozenset({"text", "integer", "number", "choice", "date", "secret"})
"""Kinds of fields whose values need no whole line."""


def preset(prefix: str, fields: Sequence[Field], values: Mapping[str, Any]) -> None:
    """Fill a form before it is drawn; fields that *values* do not name are emptied."""
    for field in fields:
        _put(_key(prefix, field), field, values.get(field.name, field.default))


def _put(key: str, field: Field, value: Any) -> None:
    """Let a field show a value; one that its inner fields cannot show stands there as JSON."""
    if field.kind not in {"group", "rows"}:
        st.session_state[key] = as_typed(field, value)
        return
    known = {one.name for one in field.fields}
    rows = [value] if field.kind == "group" else value
    fits = isinstance(rows, list) and all(isinstance(r, Mapping) and known >= set(r) for r in rows)
    as_text = value is not None and not fits
    st.session_state[f"{key} json"] = written(value) if as_text else ""
    if field.kind == "group":
        preset(key, field.fields, value if value is not None and fits else {})
    else:
        st.session_state[f"{key} rows"] = value if value is not None and fits else []
        st.session_state[f"{key} version"] = st.session_state.get(f"{key} version", 0) + 1


def unpacked(example: Mapping[str, Any]) -> dict[str, Any]:
    """An example as values; what cannot be rebuilt is left out."""
    values = {}
    for name, slot in example.items():
        try:
            values[name] = unpack(slot, None, lambda _sha: b"")
        except (Opaque, ValueError):
            continue
    return values


def draw_form(prefix: str, fields: Sequence[Field], errors: Mapping[str, str]) -> dict[str, Any]:
    """Draw all fields, optional ones folded away when there are many; answers what was typed."""
    typed: dict[str, Any] = {}
    needed = [one for one in fields if one.required]
    optional = [one for one in fields if not one.required]
    folded = len(optional) > 3 and needed
    typed |= _draw_beside(prefix, needed if folded else fields, errors)
    if folded:
        wrong = {name.split(".")[0] for name in errors}
        is_wrong = any(one.name in wrong for one in optional)
        with st.expander(f"{len(optional)} more, all optional", expanded=is_wrong):
            typed |= _draw_beside(prefix, optional, errors)
    return typed


def _draw_beside(prefix: str, fields: Sequence[Field], errors: Mapping[str, str]) -> dict[str, Any]:
    """Draw fields in their order, two short ones that follow each other side by side."""
    typed: dict[str, Any] = {}
    for is_short, several in groupby(fields, lambda one: one.kind in SHORT):
        row = list(several)
        for place in range(0, len(row), 2 if is_short else 1):
            slots = st.columns(2) if is_short and len(row) > 1 else [st.container()]
            for slot, field in zip(slots, row[place:], strict=False):
                with slot:
                    typed[field.name] = draw_field(prefix, field, errors)
    return typed


def draw_field(prefix: str, field: Field, errors: Mapping[str, str]) -> Any:
    """Draw one field and answer what stands in it.

    Args:
        prefix: What keys of its widgets begin with.
        field: The field.
        errors: Complaints, by name; those about parts of a group begin with its name.
    """
    key = _key(prefix, field)
    label = field.label if field.required and not field.nullable else f"{field.label} (optional)"
    if field.kind in {"group", "rows"}:
        typed = _nested(field, key, label, errors)
    else:
        if field.kind != "table":
            st.session_state.setdefault(key, as_typed(field, field.default))
        typed = _widget(field, key, label)
    if field.name in errors:
        said = plain_markdown(f"{field.label}: {errors[field.name]}", 400)
        st.markdown(f":red[:material/error: {said}]")
    return typed


def _nested(field: Field, key: str, label: str, errors: Mapping[str, str]) -> Nested:
    """The fields of a group, or a table with a row for each; and the same as JSON."""
    with st.container(border=True):
        st.markdown(f"**{label}**")
        if field.help:
            st.caption(plain_markdown(field.help, 400))
        typed: Any
        if field.kind == "group":
            inside = f"{field.name}."
            own = {n.removeprefix(inside): t for n, t in errors.items() if n.startswith(inside)}
            typed = {one.name: draw_field(key, one, own) for one in field.fields}
        else:
            typed = _rows(field, key)
        with st.expander("or as JSON"):
            text = st.text_area(
                f"{field.label} as JSON", key=f"{key} json", label_visibility="collapsed",
                placeholder="{...}" if field.kind == "group" else "[{...}]",
            )  # fmt: skip
            st.caption("What is written here counts instead of the fields above.")
    return Nested(typed, text)


def _rows(field: Field, key: str) -> list[dict[str, Any]]:
    """A table to fill in: a row for each item."""
    import pandas as pd

    begun = st.session_state.get(f"{key} rows", [])
    columns = {
        one.name: pd.Series(
            [row.get(one.name) for row in begun], dtype=_DTYPES.get(one.kind, "object")
        )
        for one in field.fields
    }
    shown = st.data_editor(
        pd.DataFrame(columns), num_rows="dynamic", hide_index=True, width="stretch",
        key=f"{key} table {st.session_state.get(f'{key} version', 0)}",
        column_config={one.name: _column(one) for one in field.fields},
    )  # fmt: skip
    rows = [
        {str(name): None if pd.isna(cell) else cell for name, cell in row.items()}
        for row in shown.to_dict("records")
    ]
    return [row for row in rows if any(cell is not None for cell in row.values())]


_DTYPES = {"integer": "Int64", "number": "Float64", "truth": "boolean"}


def _column(field: Field) -> Any:
    label, help_text = field.label if field.required else f"{field.label} (optional)", field.help
    match field.kind:
        case "integer":
            return st.column_config.NumberColumn(label, help=help_text, step=1)
        case "number":
            return st.column_config.NumberColumn(label, help=help_text)
        case "truth":
            return st.column_config.CheckboxColumn(label, help=help_text)
        case "choice":
            return st.column_config.SelectboxColumn(label, help=help_text, options=field.choices)
        case _:
            return st.column_config.TextColumn(label, help=help_text)


def _widget(field: Field, key: str, label: str) -> Any:
    help_text = field.help or None
    match field.kind:
        case "truth" if field.required or field.default is not None:
            return st.toggle(label, key=key, help=help_text)
        case "truth":
            words = {None: "-", True: "yes", False: "no"}
            return st.selectbox(
                label, [None, True, False], key=key, help=help_text, format_func=words.__getitem__
            )
        case "choice":
            options = list(field.choices) if field.required else [None, *field.choices]
            show = lambda one: "-" if one is None else str(one)  # noqa: E731 - a word for nothing
            return st.selectbox(label, options, key=key, help=help_text, format_func=show)
        case "integer":
            return st.number_input(label, value=None, step=1, key=key, help=help_text)
        case "number":
            return st.number_input(label, value=None, key=key, help=help_text, format="%g")
        case "date":
            return st.date_input(label, value=None, key=key, help=help_text)
        case "moment":
            return st.datetime_input(label, value=None, key=key, help=help_text)
        case "secret":
            return st.text_input(label, type="password", key=key, help=help_text)
        case "long":
            return st.text_area(label, key=key, help=help_text, height=120)
        case "json":
            hint = "[...]" if field.schema.get("type") == "array" else "{...}"
            said = f"{help_text or ''}\n\nWrite JSON: {field.type_text}".strip()
            return st.text_area(label, key=key, help=said, height=150, placeholder=hint)
        case "list":
            return _list(field, key, label)
        case "path":
            return _path(field, key, label)
        case "table":
            return _table(field, key, label)
        case _:
            return st.text_input(label, key=key, help=help_text)


def _list(field: Field, key: str, label: str) -> Any:
    """Words to pick, or to write one at a time."""
    choices = [str(one) for one in field.fields[0].choices]
    return st.multiselect(
        label, [*choices, *(one for one in st.session_state[key] if one not in choices)], key=key,
        help=field.help or None, accept_new_options=not choices,
        placeholder="Choose" if choices else "Write one, press Enter, write the next",
    )  # fmt: skip


def _path(field: Field, key: str, label: str) -> Any:
    typed = st.text_input(
        label, key=key, help=field.help or None, placeholder="a path, or upload a file below"
    )
    if field.name.endswith("folder"):
        return typed
    upload = st.file_uploader(
        f"Upload for {field.label}", key=f"{key} file", label_visibility="collapsed"
    )
    return upload or typed


def _table(field: Field, key: str, label: str) -> Any:
    kept = st.session_state.get(key)
    upload = st.file_uploader(label, TABLES, key=f"{key} file", help=field.help or None)
    if upload is None and kept is not None:
        st.caption("The example's table is used until you upload one.")
        return kept
    return upload


def settle(
    typed: Mapping[str, Any], fields: Sequence[Field], folder: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """Turn uploads into values: a path of the kept file, or a table.

    Returns:
        All that was typed, and complaints by name about uploads that are no table or cannot be
        kept.
    """
    kinds = {one.name: one.kind for one in fields}
    settled: dict[str, Any] = {}
    complaints = {}
    for name, value in typed.items():
        settled[name] = value
        if hasattr(value, "getvalue"):
            try:
                place = keep_upload(value.getvalue(), value.name, folder)
                settled[name] = load_table.fn(place) if kinds.get(name) == "table" else place
            except LibraryError as error:
                complaints[name] = error.message
    return settled, complaints


def keep_upload(content: bytes, name: str, folder: Path) -> str:
    """Keep an upload beside the workspace's journals; answers its path.

    A file of that name with other content stays as it is: runs may have been given it.

    Raises:
        LibraryError: It cannot be written.
    """
    safe = re.sub(r"[^\w.\- ]+", "_", Path(name).name).lstrip(".")[-120:] or "upload"
    place = folder / UPLOADS / safe
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if place.exists() and place.read_bytes() != content:
            mark = hashlib.sha256(content).hexdigest()[:8]
            place = place.with_name(f"{place.stem}-{mark}{place.suffix}")
        place.write_bytes(content)
    except OSError as error:
        raise LibraryError(f"{safe!r} could not be kept: {error.strerror or error}") from error
    return str(place)


def _key(prefix: str, field: Field) -> str:
    return f"{prefix} {field.name}"
