"""Two clocks read as of one moment."""

from __future__ import annotations

from packetflow.kernel.clock import SystemClock, both_ns
from packetflow.testing import FakeClock

MOMENT = 1_800_000_000_000_000_000


class HeldUp(FakeClock):
    """A clock whose reader is held up after some of its readings of the wall clock."""

    def __init__(self, *pauses):
        super().__init__(MOMENT)
        self.pauses = list(pauses)

    def wall_ns(self):
        read = super().wall_ns()
        if self.pauses:
            self._now += self.pauses.pop(0)
        return read


def test_the_machines_clocks_are_read_together():
    wall, now = both_ns(SystemClock())

    later = SystemClock.wall_ns() - SystemClock.monotonic_ns() - (wall - now)
    assert abs(later) < 1_000_000_000
    assert now <= SystemClock.monotonic_ns()


def test_readings_between_which_the_process_was_held_up_are_taken_again():
    wall, now = both_ns(HeldUp(2_000_000, 5_000_000))

    assert wall - now == MOMENT


def test_of_readings_that_are_all_held_up_the_closest_counts():
    pauses = [3_000_000] * 3 + [200_000] + [3_000_000] * 9

    wall, now = both_ns(HeldUp(*pauses))

    assert MOMENT - (wall - now) == 200_000
