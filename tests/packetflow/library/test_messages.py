import pytest

from packetflow import Context
from packetflow.errors import LibraryError
from packetflow.library.messages import send_message


class Room:
    def __init__(self) -> None:
        self.kept: list[tuple[str, str, str, str]] = []

    def post(self, room: str, content: str, author: str, role: str) -> str:
        self.kept.append((room, content, author, role))
        return f"m{len(self.kept)}"


def test_a_message_is_posted_through_the_context() -> None:
    room = Room()

    sent = send_message("general", "Done.", "Ada", context=Context(reporter=room))

    assert sent == {"message_id": "m1", "delivery_status": "kept"}
    assert room.kept == [("general", "Done.", "Ada", "assistant")]


def test_the_agent_is_the_author_when_none_is_named() -> None:
    room = Room()

    send_message("general", "Done.", context=Context(agent="scout", reporter=room))

    assert room.kept[0][2] == "scout"


def test_without_an_engine_nothing_is_kept_and_it_says_so() -> None:
    assert send_message("general", "Done.") == {"message_id": "", "delivery_status": "not kept"}


@pytest.mark.parametrize(
    ("room", "content", "complaint"),
    [(" ", "x", "no room"), ("a", " ", "is empty"), ("a", "x" * 100_001, "100,001 characters")],
)
def test_what_cannot_be_sent_is_refused(room: str, content: str, complaint: str) -> None:
    with pytest.raises(LibraryError, match=complaint):
        send_message(room, content)
