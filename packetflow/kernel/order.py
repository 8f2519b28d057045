"""Which of two things came first, whatever the clocks say.

A clock may be set back: by a person, by a time server, as a virtual machine wakes. So whatever
begins or arrives in a workspace has a number beside its time, and what came later has the higher
one, over all processes and restarts (see `packetflow.workspace.order`). Where one of two has no
number, being of an older version or of a system that names no boot, their times are compared.
"""

from __future__ import annotations

from typing import NamedTuple

from packetflow.kernel.records import EventArrived


class Moment(NamedTuple):
    """When something began.

    Attributes:
        number: Its number in the workspace's order; 0 when it has none.
        at: Its time, in nanoseconds since 1970 UTC.
    """

    number: int
    at: int


def came_since(event: EventArrived, moment: Moment) -> bool:
    """Tell whether an event came at a moment or later; to the microsecond where times decide.

    >>> event = EventArrived("e", "paid", "", {}, at=5_000, arrival=8)
    >>> came_since(event, Moment(7, at=9_000)), came_since(event, Moment(0, at=9_000))
    (True, False)
    """
    if event.arrival and moment.number:
        return event.arrival >= moment.number
    return event.at // 1000 >= moment.at // 1000
