"""Who may take an execution over, and when: runners that die, fail or hesitate at a bad moment."""

from __future__ import annotations

import pytest

from packetflow import Effect, Workspace, capability
from packetflow.errors import RunError, Superseded
from packetflow.kernel.records import Status
from packetflow.store.files import places
from packetflow.store.frames import read_segment
from packetflow.workspace.leases import FileLeases
from packetflow.workspace.presence import Presence
from tests.crash.flows import FLOWS, Marks

pytestmark = pytest.mark.crash


@pytest.fixture
def broken_off(tmp_path):
    """A workspace whose only execution was broken off after two steps, and its id."""
    Marks.path = tmp_path / "marks"
    with Workspace(tmp_path) as ws:
        run = ws.run_sync(FLOWS["chain"], seed=1)
    (segment,) = places(tmp_path).journal.iterdir()
    segment.write_bytes(segment.read_bytes()[:-300])
    return tmp_path, run.id


@pytest.fixture
def later(broken_off):
    folder, _ = broken_off
    with Workspace(folder) as ws:
        ws.learnt(FLOWS["chain"])
        yield ws


def test_a_taker_that_died_before_it_began_does_not_block_the_next(broken_off, later):
    folder, run = broken_off
    FileLeases(places(folder).state, "died").claim(run, 2)

    execution = later.resume(run).result(60)

    assert execution.status == Status.OK
    assert later.archive.story(run).epoch == 3


def test_a_living_taker_that_has_not_begun_yet_keeps_its_lease(broken_off, later):
    folder, run = broken_off
    presence = Presence(folder, "quicker")
    FileLeases(places(folder).state, "quicker").claim(run, 2)

    with pytest.raises(Superseded, match="quicker"):
        later.resume(run)

    presence.close()


def test_of_two_threads_that_resume_at_once_one_gives_way(broken_off, later):
    _, run = broken_off
    ready = later.ready_to_resume(run)

    with pytest.raises(Superseded):
        later.ready_to_resume(run)

    assert ready.epoch == 2


def test_a_lease_under_which_nothing_could_begin_is_given_back(broken_off, later):
    _, run = broken_off
    ready = later.ready_to_resume(run)
    with pytest.raises(RunError, match="no start"):
        type(ready)(ready.pipeline, (), ready.epoch, ready.give_back).resume(later.engine, "")

    assert later.ready_to_resume(run).epoch == 2


def test_two_workspaces_in_one_process_both_learn_what_they_run(tmp_path):
    Marks.path = tmp_path / "marks"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with Workspace(tmp_path / name) as ws:
            ws.run_sync(FLOWS["call"], seed=1)

            assert "add_slowly" in ws.catalog
            assert "inner" in ws.catalog.pipeline_names()


def test_what_a_reconcile_function_gives_must_fit_before_it_counts_as_an_outcome(tmp_path):
    calls, answers = [], ["no number", 7]

    @capability(
        provides="n",
        effects=[Effect.writes("mail", on_ambiguous="reconcile")],
        reconcile=lambda seed: answers.pop(0),
    )
    def send(seed: int) -> int:
        """Send it."""
        calls.append(seed)
        return seed

    with Workspace(tmp_path) as ws:
        run = ws.run_sync(send, seed=7).id
    (segment,) = places(tmp_path).journal.iterdir()
    ends = [end for end, _ in read_segment(segment)]
    segment.write_bytes(segment.read_bytes()[: ends[-3]])  # up to the intent

    with Workspace(tmp_path) as ws:
        ws.learnt(send)
        refused = ws.resume(run).result(60)
        taken = ws.resume(run).result(60)

    assert (refused.status, refused.failure.step) == (Status.FAILED, "send")
    assert (taken.status, taken["n"], calls) == (Status.OK, 7, [7])
