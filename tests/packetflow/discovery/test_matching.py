import pytest

from packetflow import Context, Effect, capability, pipeline
from packetflow.discovery.catalog import Catalog
from packetflow.discovery.matching import called_later
from packetflow.errors import UnknownName


@capability(provides="notes")
def find_notes(query: str) -> list[str]:
    """Find notes."""
    return [query]


@capability(provides="calls", enabled=False)
def find_calls(query: str) -> list[str]:
    """Find calls."""
    return [query]


@capability(provides="made", effects=[Effect.calls("{tools}"), Effect.calls("find_calls")])
async def ask(tools: list[str], context: Context) -> str:
    """Ask."""
    return ""


@pytest.fixture
def catalog() -> Catalog:
    made = Catalog()
    made.add(find_notes, find_calls, pipeline("find_all", find_notes))
    return made


def test_names_and_patterns_find_each_thing_once(catalog: Catalog):
    found = catalog.matching(["find_notes", "find_*", "text_statistics"])

    assert [one.name for one in found] == ["find_notes", "find_all", "text_statistics"]


def test_what_is_switched_off_is_found_by_its_name_only(catalog: Catalog):
    assert [one.name for one in catalog.matching(["find_calls"])] == ["find_calls"]


@pytest.mark.parametrize(
    ("name", "said"), [("find_note", "did you mean 'find_notes'"), ("lose_*", "'lose_\\*'")]
)
def test_what_is_not_there_is_told_with_the_nearest_name(catalog: Catalog, name: str, said: str):
    with pytest.raises(UnknownName, match=said):
        catalog.matching([name])


def test_what_a_step_calls_while_it_runs_is_known_where_it_is_fixed(catalog: Catalog):
    fixed, open_ended = ask.setting(tools=["find_a*"]), ask.as_step()

    assert [one.name for one in called_later(fixed, catalog)[0]] == ["find_all", "find_calls"]
    assert called_later(fixed, catalog)[1] is False
    assert called_later(open_ended, catalog)[1] is True
    assert called_later(ask.setting(tools=["gone"]), catalog)[1] is True
