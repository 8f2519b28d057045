from packetflow.kernel.order import Moment, came_since
from packetflow.kernel.records import EventArrived


def event(number: int, at: int) -> EventArrived:
    return EventArrived("e", "paid", "", {}, at, arrival=number)


def test_numbers_decide_whatever_the_times_say():
    assert came_since(event(8, at=1_000), Moment(8, at=9_000))
    assert not came_since(event(7, at=9_000), Moment(8, at=1_000))


def test_times_decide_where_one_of_two_has_no_number():
    assert came_since(event(0, at=9_000), Moment(8, at=9_000))
    assert came_since(event(7, at=9_000), Moment(0, at=9_999))  # to the microsecond
    assert not came_since(event(7, at=8_999), Moment(0, at=9_000))
