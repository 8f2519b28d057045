"""The settings of a workspace and how to change them."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.errors import WorkspaceError
from packetflow.runner.configuration import (
    KNOWN,
    changed,
    former,
    read_text,
    standing,
    write,
)

PATH = Path("packetflow.toml")
TEXT = """\
# Ours
name = "shop"  # the # of it
intent = 'Sell'

[runner] # people
watch = false

[[elsewhere]]
name = "no setting"

[store]
# a week
retention_days = 7
"""


def test_settings_are_told_with_their_lines_and_the_others_with_their_defaults():
    found = {(one.known.table, one.known.name): one for one in standing(TEXT, PATH)}

    assert (found["", "name"].value, found["", "name"].line) == ("shop", 2)
    assert (found["store", "retention_days"].value, found["store", "retention_days"].line) == (
        7,
        13,
    )
    assert (found["runner", "watch"].value, found["runner", "stay"].line) == (False, 0)
    assert found["store", "journal_megabytes"].value == 64.0


def test_a_change_keeps_every_other_line_and_the_comment_of_its_own():
    new = changed(TEXT, {("", "name"): 'a "b" # c', ("store", "retention_days"): 30}, PATH)

    assert new == TEXT.replace('"shop"', r'"a \"b\" # c"').replace("= 7", "= 30")


def test_what_is_back_at_its_default_goes_and_what_is_new_joins_its_table():
    new = changed(TEXT, {("runner", "watch"): None, ("runner", "stay"): True}, PATH)

    assert "watch" not in new
    assert "[runner] # people\nstay = true\n\n[[elsewhere]]" in new


def test_a_table_that_is_not_there_is_added_at_the_end():
    assert changed("", {("store", "retention_days"): 3}, PATH) == "[store]\nretention_days = 3\n"


@pytest.mark.parametrize(
    ("text", "change", "why"),
    [
        ("", {("store", "retention_days"): -1}, "0 or more"),
        ("", {("runner", "linger_seconds"): "soon"}, "linger_seconds"),
        ("", {("runner", "memory_limit_mb"): 8}, "512 or more"),
        ("", {("store", "colour"): 1}, "no setting store.colour"),
        ("store.retention_days = 3\n", {("store", "retention_days"): 4}, "by hand"),
        ("store = {retention_days = 3}\n", {("store", "retention_days"): 4}, "by hand"),
        ('intent = """\nname = "x"\n"""\n', {("", "name"): "y"}, "by hand"),
        ("name = [\n", {("", "name"): "y"}, "no TOML"),
    ],
)
def test_what_would_not_say_what_was_wanted_is_refused(text, change, why):
    with pytest.raises(WorkspaceError, match=why):
        changed(text, change, PATH)


@given(
    st.sampled_from(KNOWN),
    st.one_of(st.text(max_size=20), st.integers(0, 10**6), st.floats(0, 1e6), st.booleans()),
)
def test_a_change_says_what_was_wanted_or_is_refused(known, value):
    place = (known.table, known.name)
    try:
        new = changed(TEXT, {place: value}, PATH)
    except WorkspaceError:
        return

    content = tomllib.loads(new)
    assert (content[known.table] if known.table else content)[known.name] == value
    assert changed(new, {place: None}, PATH) == changed(TEXT, {place: None}, PATH)


def test_what_is_written_can_be_taken_back(tmp_path):
    (tmp_path / "packetflow.toml").write_text(TEXT)
    new = changed(TEXT, {("", "name"): "mill"}, PATH)

    write(tmp_path, new, seen=TEXT)

    assert (read_text(tmp_path), former(tmp_path)) == (new, TEXT)
    with pytest.raises(WorkspaceError, match="changed meanwhile"):
        write(tmp_path, TEXT, seen=TEXT)
    write(tmp_path, TEXT, seen=new)
    assert (read_text(tmp_path), former(tmp_path)) == (TEXT, new)
