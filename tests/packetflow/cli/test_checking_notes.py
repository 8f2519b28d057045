from packetflow import Pipeline, capability
from packetflow.cli.checking_notes import renamed_inputs


@capability(provides="found")
def search(query: str) -> list[str]:
    """Search."""
    return [query]


@capability(provides="count")
def count(found: list[str]) -> int:
    """Count."""
    return len(found)


@capability(provides="tally")
def tally(words: list[str]) -> int:
    """Count again."""
    return len(words)


def test_an_input_that_is_only_there_by_another_name_is_noted():
    flow = search >> count.reading(found="find_result")

    ((step, said),) = renamed_inputs(flow)

    assert step == "count"
    assert said.startswith("'found' reads 'find_result', which no step before it makes")


def test_what_is_made_or_declared_is_meant():
    made = search.writing(found="hits") >> count.reading(found="hits")
    declared = Pipeline("p", count.reading(found="hits"), requires=("hits",))

    shared = count >> tally.reading(words="found")

    assert list(renamed_inputs(shared)) == []
    assert list(renamed_inputs(made)) == []
    assert list(renamed_inputs(declared)) == []
    assert list(renamed_inputs(count)) == []


def test_check_notes_it_with_its_line_and_everything_fits_all_the_same(say, example):
    (example / "flow.yaml").write_text(
        "pipeline: flow\nsteps:\n  - {use: keywords, from: {text: find_result}}\n"
    )

    said = say("check", "flow.yaml")
    told = say("check", "flow.yaml", "--json").json

    assert said.code == 0
    assert "note: flow.yaml:3, step keywords: 'text' reads 'find_result'" in said.out
    assert "everything fits" in said.out
    assert [one["code"] for one in told["notes"]] == ["renamed_input"]
    assert told["problems"] == []
