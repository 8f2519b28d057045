from __future__ import annotations

import duckdb
import pytest

from packetflow.errors import NewerWorkspace, StoreError
from packetflow.store.schema import Migration, migrate, migrations

FIRST = Migration(1, "first", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (7)")
SECOND = Migration(2, "second", "ALTER TABLE a ADD COLUMN y INTEGER")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.duckdb"


def run(path, steps):
    with duckdb.connect(str(path)) as connection:
        return migrate(connection, steps=steps, database=path)


def rows(path, query):
    with duckdb.connect(str(path)) as connection:
        return connection.execute(query).fetchall()


def test_every_migration_is_applied_once(path):
    assert run(path, [FIRST]) == 1
    assert run(path, [FIRST, SECOND]) == 1
    assert run(path, [FIRST, SECOND]) == 0

    assert rows(path, "SELECT number, name FROM schema_migration") == [(1, "first"), (2, "second")]
    assert rows(path, "SELECT * FROM a") == [(7, None)]


def test_the_file_is_copied_before_it_is_changed(path):
    run(path, [FIRST])

    run(path, [FIRST, SECOND])

    before = path.with_name("store.duckdb.before-2")
    assert rows(before, "SELECT * FROM a") == [(7,)]


def test_a_new_database_needs_no_copy(path):
    run(path, [FIRST, SECOND])

    assert list(path.parent.glob("*.before-*")) == []


def test_a_failing_migration_leaves_nothing(path):
    run(path, [FIRST])
    bad = Migration(2, "bad", "CREATE TABLE half (x INTEGER); SELECT nonsense FROM nowhere")

    with pytest.raises(StoreError, match="migration 2 'bad' failed and was undone"):
        run(path, [FIRST, bad])

    assert rows(path, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'") == [(0,)]
    assert run(path, [FIRST, SECOND]) == 1


def test_an_edited_migration_is_refused(path):
    run(path, [FIRST])

    with pytest.raises(StoreError, match="differs from the one"):
        run(path, [Migration(1, "first", FIRST.sql + " ")])


def test_a_workspace_of_a_newer_version_is_refused_and_untouched(path):
    run(path, [FIRST, SECOND])
    content = path.read_bytes()

    with pytest.raises(NewerWorkspace, match="update PacketFlow") as caught:
        run(path, [FIRST])

    assert (caught.value.found, caught.value.known) == (2, 1)
    assert path.read_bytes() == content


def test_the_packaged_migrations_are_numbered_without_gaps():
    assert [step.number for step in migrations()] == list(range(1, len(migrations()) + 1))


def test_every_view_can_be_read():
    with duckdb.connect() as connection:
        migrate(connection)
        names = connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()

        for (name,) in names:
            assert connection.execute(f"SELECT * FROM {name}").fetchall() == []
    wanted = {"executions", "spans", "metrics", "capability_registry", "capability_executions"}
    assert wanted | {"waiting", "messages", "otel_span"} <= {name for (name,) in names}


def test_the_seeds_columns_are_there():
    with duckdb.connect() as connection:
        migrate(connection)

        def columns(view):
            return [row[0] for row in connection.execute(f"DESCRIBE {view}").fetchall()]

        assert columns("capability_registry") == [
            "capability_id", "intent", "requires_schema", "provides_schema", "module_name",
            "enabled", "created_at",
        ]  # fmt: skip
        assert columns("capability_executions") == [
            "id", "capability_id", "user_id", "agent_id", "payload", "result",
            "execution_time_ms", "created_at",
        ]  # fmt: skip


def test_a_workspace_of_the_first_schema_keeps_its_executions_and_lists_their_values():
    first, *_ = migrations()
    sha = "ab" * 32
    with duckdb.connect() as connection:
        migrate(connection, steps=[first])
        connection.execute(
            "INSERT INTO execution (execution_id, status, started_at, ended_at, inputs) VALUES "
            "(uuid(), 'ok', TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-01 00:00:02', ?)",
            [f'{{"x":{{"$blob":"{sha}","size":9}},"y":1}}'],
        ).fetchall()

        migrate(connection)

        told = connection.execute("SELECT duration_ms, active_seconds FROM executions").fetchall()
        listed = connection.execute("SELECT sha FROM artifact").fetchall()
    assert (told, listed) == ([(2000.0, None)], [(sha,)])
