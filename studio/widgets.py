"""Draws the fields of a form, and takes uploads; what to make of them is in `studio.forms`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import streamlit as st

from packetflow.engine.values import Opaque, unpack
from packetflow.errors import LibraryError
from studio.forms import Field, as_typed

UPLOADS = ".packetflow/uploads"


def preset(prefix: str, fields: Sequence[Field], values: Mapping[str, Any]) -> None:
    """Fill a form before it is drawn; fields that *values* do not name are emptied."""
    for field in fields:
        value = values.get(field.name, field.default)
        st.session_state[_key(prefix, field)] = as_typed(field, value)


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
    for field in needed if folded else fields:
        typed[field.name] = draw_field(prefix, field, errors.get(field.name, ""))
    if folded:
        is_wrong = any(one.name in errors for one in optional)
        with st.expander(f"{len(optional)} more, all optional", expanded=is_wrong):
            for field in optional:
                typed[field.name] = draw_field(prefix, field, errors.get(field.name, ""))
    return typed


def draw_field(prefix: str, field: Field, error: str = "") -> Any:
    """Draw one field and answer what stands in it."""
    key = _key(prefix, field)
    if field.kind != "table":
        st.session_state.setdefault(key, as_typed(field, field.default))
    label = field.label if field.required and not field.nullable else f"{field.label} (optional)"
    typed = _widget(field, key, label)
    if error:
        st.markdown(f":red[:material/error: {field.label}: {error}]")
    return typed


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
        case "path":
            return _path(field, key, label)
        case "table":
            return _table(field, key, label)
        case "text":
            return st.text_input(label, key=key, help=help_text)


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
    upload = st.file_uploader(label, ["csv", "parquet"], key=f"{key} file", help=field.help or None)
    if upload is None and kept is not None:
        st.caption("The example's table is used until you upload one.")
        return kept
    return upload


def settle(typed: Mapping[str, Any], fields: Sequence[Field], folder: Path) -> dict[str, Any]:
    """Turn uploads into values: a path of the kept file, or a table.

    Raises:
        LibraryError: An upload is no table, or cannot be kept.
    """
    kinds = {one.name: one.kind for one in fields}
    settled = {}
    for name, value in typed.items():
        if hasattr(value, "getvalue"):
            content = value.getvalue()
            if kinds.get(name) == "table":
                settled[name] = read_table(content, value.name)
            else:
                settled[name] = keep_upload(content, value.name, folder)
        else:
            settled[name] = value
    return settled


def keep_upload(content: bytes, name: str, folder: Path) -> str:
    """Keep an upload beside the workspace's journals; answers its path.

    Raises:
        LibraryError: It cannot be written.
    """
    safe = re.sub(r"[^\w.\- ]+", "_", Path(name).name).lstrip(".") or "upload"
    place = folder / UPLOADS / safe
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.write_bytes(content)
    except OSError as error:
        raise LibraryError(f"{safe!r} could not be kept: {error.strerror or error}") from error
    return str(place)


def read_table(content: bytes, name: str) -> pa.Table:
    """Read an uploaded CSV or Parquet file.

    Raises:
        LibraryError: It is neither.
    """
    import pyarrow.csv
    import pyarrow.parquet

    buffer = pa.BufferReader(content)
    try:
        if name.lower().endswith(".parquet"):
            return pyarrow.parquet.read_table(buffer)
        return pyarrow.csv.read_csv(buffer)
    except (pa.ArrowException, OSError) as error:
        raise LibraryError(f"{name!r} is no table that can be read: {error}") from error


def _key(prefix: str, field: Field) -> str:
    return f"{prefix} {field.name}"
