from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from packetflow.store.plain import Plain

Ext = msgspec.msgpack.Ext


@given(st.integers(-128, 127), st.binary(max_size=60))
def test_any_extension_however_broken_becomes_json(code, content):
    text = Plain().text({"x": Ext(code, content)}) if code != 1 else b"{}"

    assert isinstance(msgspec.json.decode(text), dict)


def test_a_broken_artifact_reference_is_shown_as_unreadable():
    text = Plain().text({"x": Ext(1, b"nonsense"), "y": 1})

    assert "$opaque" in msgspec.json.decode(text)


def test_artifacts_are_remembered():
    plain = Plain()

    text = plain.text({"x": Ext(1, msgspec.msgpack.encode(["ab", "text/plain", 7]))})

    assert plain.blobs == [("ab", "text/plain", 7)]
    assert msgspec.json.decode(text) == {
        "x": {"$blob": "ab", "media_type": "text/plain", "size": 7}
    }


def test_times_are_text():
    assert Plain().text({"at": dt.date(2026, 11, 21)}) == b'{"at":"2026-11-21"}'
