from __future__ import annotations

import pytest

from packetflow.errors import NewerWorkspace
from packetflow.store.client import StoreClient
from packetflow.store.files import places
from packetflow.store.format import SCHEMA, Format, read_format, refuse_newer, write_format
from packetflow.store.journal import JournalWriter
from packetflow.store.owner import Owner
from packetflow.store.schema import migrations


def test_the_schema_named_is_the_newest_migration():
    assert migrations()[-1].number == SCHEMA


def test_who_wrote_a_workspace_is_written_down_by_its_owner(tmp_path):
    Owner(tmp_path).close()

    assert read_format(places(tmp_path)).schema == SCHEMA


@pytest.mark.parametrize("content", [None, "", "{", '{"schema": "x"}', '{"schema": 1}'])
def test_a_workspace_that_does_not_say_or_is_older_is_not_refused(tmp_path, content):
    spots = places(tmp_path)
    spots.prepare()
    if content is not None:
        spots.format.write_text(content)

    refuse_newer(spots)
    write_format(spots)

    assert read_format(spots).schema == SCHEMA


def test_a_newer_workspace_is_refused_by_all_who_open_it_and_stays_as_it_is(tmp_path):
    spots = places(tmp_path)
    spots.prepare()
    spots.format.write_text('{"schema": 99, "packetflow": "9.9"}')

    with pytest.raises(NewerWorkspace, match="update PacketFlow"):
        JournalWriter(tmp_path, role="test")
    with pytest.raises(NewerWorkspace), StoreClient(tmp_path) as client:
        client.flush()
    with pytest.raises(NewerWorkspace) as caught:
        Owner(tmp_path)

    assert (caught.value.found, caught.value.known) == (99, SCHEMA)
    assert read_format(spots) == Format(99, "9.9")
    assert not spots.database.exists()
