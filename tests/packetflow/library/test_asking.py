import pytest

from packetflow import Workspace
from packetflow.errors import LibraryError
from packetflow.library.asking import ask_with_tools


async def test_an_empty_question_is_refused():
    with pytest.raises(LibraryError, match="question is empty"):
        await ask_with_tools(" ", ["text_statistics"])


async def test_without_an_engine_it_says_how_to_run_it():
    with pytest.raises(LibraryError, match=r"ws\.run_sync\(ask_with_tools"):
        await ask_with_tools("Well?", ["text_statistics"])


def test_it_is_found_by_what_people_look_for():
    with Workspace(":memory:") as ws:
        assert ask_with_tools in ws.catalog.search("ask a model that uses tools", 3)
