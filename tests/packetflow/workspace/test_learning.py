"""A session's own capabilities are remembered, the latest definition of each."""

from packetflow import Workspace, capability


def test_a_capability_defined_anew_is_what_a_resumed_run_calls(memory: Workspace):
    @capability(provides="half", name="halve")
    def broken(n: int) -> float:
        return n / 0

    @capability(provides="half", name="halve")
    def mended(n: int) -> float:
        return n / 2

    failed = memory.run_sync(broken, n=4)
    memory.run_sync(mended, n=2)

    again = memory.resume(failed.id).result(60)

    assert failed.failure is not None
    assert again["half"] == 2.0


def test_a_library_capability_keeps_its_name(memory: Workspace):
    @capability(provides="keywords", name="keywords")
    def mine(text: str) -> list[str]:
        return [text]

    memory.run_sync(mine, text="a")

    assert memory.catalog.get("keywords") is not mine


def test_a_first_run_looks_for_no_plugins_and_reads_no_files(memory: Workspace):
    @capability(provides="half", name="halve")
    def halve(n: int) -> float:
        return n / 2

    memory.run_sync(halve, n=4)

    assert (memory.catalog._plugged, memory.catalog._read) == (None, False)
    assert memory.catalog.get("halve") is halve
    assert halve in memory.catalog.own()
