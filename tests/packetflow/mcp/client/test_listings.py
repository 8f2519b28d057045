from pathlib import Path

from packetflow.mcp.client.facts import Hints, ServerFacts, ToolFacts
from packetflow.mcp.client.listings import keep_listing, listing_path, read_listing, stamp

FACTS = ServerFacts(
    "notes", "1", "2026-07-28", (ToolFacts("a", hints=Hints(read_only=True), input_schema={}),)
)


def test_a_listing_is_kept_and_read_again(tmp_path: Path):
    path = listing_path(tmp_path, "notes")

    assert keep_listing(path, FACTS)
    assert read_listing(path) == FACTS


def test_a_listing_that_says_nothing_new_is_not_written(tmp_path: Path):
    path = listing_path(tmp_path, "notes")
    keep_listing(path, FACTS)
    before = stamp(path)

    assert not keep_listing(path, FACTS)
    assert stamp(path) == before


def test_a_damaged_or_missing_listing_is_none(tmp_path: Path):
    path = listing_path(tmp_path, "notes")
    assert read_listing(path) is None

    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff{")

    assert read_listing(path) is None


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path):
    path = listing_path(tmp_path, "notes")
    path.parent.parent.mkdir()
    path.parent.write_text("a file where a folder should be")

    assert keep_listing(path, FACTS)
    assert read_listing(path) is None
