"""What a workspace remembers of its executions, and what it must not."""

from pathlib import Path
from typing import Annotated

import pytest

from packetflow import Workspace, capability, pipeline, secret
from packetflow.errors import (
    AmbiguousName,
    CompositionError,
    RunError,
    UnknownName,
)
from packetflow.kernel.records import Status

SECRET = "hunter2-e9f0"


def files_with(folder: Path, content: bytes) -> list[str]:
    """The files of the state folder that hold these bytes."""
    state = folder / ".packetflow"
    return [
        path.relative_to(state).as_posix()
        for path in state.rglob("*")
        if path.is_file() and content in path.read_bytes()
    ]


def test_failure_of_an_old_run_replays_the_users_own_exception(folder: Path):
    with Workspace(folder) as ws:
        ids = [ws.run_sync(name, number=1, by=0).id for name in ("divide", "divide_later")]
    with Workspace(folder) as again:
        for execution_id in ids:
            old = again.execution(execution_id)
            assert old.status is Status.FAILED
            assert old.failure is not None
            assert old.failure.inputs == {"number": 1, "by": 0}
            assert "in divide" in old.failure.trail
            with pytest.raises(ZeroDivisionError):
                old.failure.replay()


def test_a_run_is_found_by_the_beginning_or_the_end_of_its_id(folder: Path):
    with Workspace(folder) as ws:
        run = ws.run_sync("divide", number=1, by=1)

        assert ws.full_id(run.id[:4]) == ws.full_id(run.id[-4:].upper()) == run.id


def test_an_id_that_fits_several_runs_or_is_too_short_is_refused(folder: Path):
    with Workspace(folder) as ws:
        one, other = (ws.run_sync("divide", number=1, by=1) for _ in range(2))

        with pytest.raises(AmbiguousName, match="last eight characters") as several:
            ws.full_id(one.id[:4])
        with pytest.raises(AmbiguousName, match="at least 4"):
            ws.full_id(one.id[-3:])
        with pytest.raises(UnknownName):
            ws.full_id("zzzz")

    assert set(several.value.matches) == {f"...{run.id[-8:]}" for run in (one, other)}


def test_an_old_run_has_its_typed_values_back(folder: Path):
    with Workspace(folder) as ws:
        run = ws.run_sync(ws.find("place") >> ws.find("measure"), x=3, y=4)
    with Workspace(folder) as again:
        old = again.execution(run.id[-8:])
        kind = again.catalog.get("place").contract.provides[0].type

        assert isinstance(old["point"], kind)
        assert (old["point"].x, old["far"]) == (3, 5.0)
        assert old.inputs == {"x": 3, "y": 4}
        assert [span.step for span in old.spans] == ["place", "measure"]
        assert old.started_at == run.started_at or abs(old.seconds - run.seconds) < 1


def test_an_unknown_execution_says_so(ws: Workspace):
    with pytest.raises(UnknownName, match="no execution is called 'nosuch'"):
        ws.execution("nosuch")
    with pytest.raises(UnknownName, match="no execution"):
        ws.execution("00000000-0000-7000-8000-000000000000")


def test_secrets_are_nowhere_on_the_disk(folder: Path):
    with Workspace(folder) as ws:
        good = ws.run_sync("greet", name="Ada", token=SECRET)
        bad = ws.run_sync("greet", name="nobody", token=SECRET)
        ws.register()
        ws.store.flush()

        assert (good.status, bad.status) == (Status.OK, Status.FAILED)
        assert bad.failure is not None
        assert bad.failure.inputs["token"] == SECRET
    assert files_with(folder, b"no greeting for nobody")
    assert files_with(folder, SECRET.encode()) == []


def test_a_default_of_a_secret_is_nowhere_on_the_disk(folder: Path):
    @capability(provides="greeting")
    def hail(name: str, token: Annotated[str, secret] = SECRET) -> str:
        return f"Hail {name}"

    with Workspace(folder) as ws:
        ws.add(hail)
        ws.register()
        assert ws.run_sync(hail, name="Ada")["greeting"] == "Hail Ada"
        ws.store.flush()

    assert files_with(folder, SECRET.encode()) == []


def test_a_value_fixed_on_a_secret_input_is_nowhere_on_the_disk(folder: Path):
    with Workspace(folder) as ws:
        fixed = ws.find("greet").setting(token=SECRET)
        good = ws.run_sync(fixed, name="Ada")
        bad = ws.run_sync(pipeline("hidden", fixed), name="nobody")
        ws.store.flush()

        assert good["greeting"] == "Hello Ada"
        assert bad.status is Status.FAILED
    assert files_with(folder, SECRET.encode()) == []


def test_a_run_with_a_fixed_secret_is_not_resumed_without_it(folder: Path):
    with Workspace(folder) as ws:
        bad = ws.run_sync(ws.find("greet").setting(token=SECRET), name="nobody")

        with pytest.raises(RunError, match="secret"):
            ws.resume(bad.id)


def test_a_pipeline_with_a_fixed_secret_is_not_saved(ws: Workspace):
    with pytest.raises(CompositionError, match="'token'"):
        ws.save(pipeline("hidden", ws.find("greet").setting(token=SECRET)))

    assert not (ws.folder.pipelines / "hidden.yaml").exists()
