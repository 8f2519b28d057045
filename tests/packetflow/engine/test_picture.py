"""How an execution shows itself in a notebook."""

import re

from packetflow import capability
from packetflow.engine.engine import Engine
from packetflow.engine.past import Past
from packetflow.engine.picture import failure_html
from packetflow.engine.start import Start
from packetflow.kernel.records import SpanEnded
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, inc, run


@capability(provides="m")
def stumbles(n: int) -> int:
    raise ValueError("<mind> the step")


async def test_a_failure_shows_the_line_that_failed_and_how_to_call_it_again():
    failed = await run(stumbles, n=1)

    for shown in (failed._repr_html_(), failed.failure._repr_html_()):
        assert "ValueError: &lt;mind&gt; the step" in shown
        assert re.search(
            r"<pre>test_picture.py, line \d+, in stumbles\n    raise ValueError", shown
        )
    assert ".replay()" in failure_html(failed.failure)


async def test_what_was_taken_over_shows_its_first_duration():
    past = Past()
    facts = {"took_ns": 3_000_000_000}
    kept = SpanEnded("x", 1, 1, 0, "inc", (), "reused", "inc", "ok", 1, 0, 0, {"n": 2}, "", "",
                     None, facts)  # fmt: skip
    past.done["inc", ()] = kept
    mine = Engine(RecordingSink(), clock=FakeClock(), inbox=Box())

    shown = (await mine.start(inc, {"n": 1}, Start(past=past, retry_of="x")))._repr_html_()

    assert "taken over, took 3 s" in shown
