"""The example workspace, its capabilities called as plain functions.

Running the saved pipelines belongs to the workspace's own tests; here their files are checked
against the contracts people rely on.
"""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

from packetflow import Context, Markdown, library
from packetflow.composition import Capability
from packetflow.errors import LibraryError

DATA = Path(__file__).parents[2] / "data"
HERE = Context(workspace=str(DATA))

CONTRACTS = {
    "research_report": (
        "source? encoding? sheet? time? value? group?",
        "title summary html markdown charts table warnings trends outliers profile",
    ),
    "customer_onboarding": (
        "customer_data onboarding_preferences",
        (
            "validation_errors onboarding_plan? correction_request? risk_score? risk_factors? "
            "recommended_products? credit_source?"
        ),
    ),
    "onboard_sample_customer": (
        "customer_id customers_file?",
        "note validation_errors onboarding_plan? correction_request? risk_score? risk_factors?",
    ),
    "digest_documents": (
        "folder pattern?",
        "paths digests overview document_count unread_count",
    ),
    "publish_with_approval": (
        "path",
        "title remarks approved published_path? archived_path?",
    ),
}


def opened(name: str) -> ModuleType:
    """Import a file of the workspace, as a runner does."""
    spec = importlib.util.spec_from_file_location(
        f"example_{name}", DATA / f"capabilities/{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


research = opened("research")
customers = opened("customers")
digests = opened("digests")
publishing = opened("publishing")
FILES = [research, customers, digests, publishing]
OWN = {
    value.name: value
    for module in FILES
    for value in vars(module).values()
    if isinstance(value, Capability) and value.fn.__module__ == module.__name__
}


def read(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load(DATA / f"pipelines/{name}.yaml")


def used(node: Any) -> set[str]:
    if isinstance(node, dict):
        mine = {node["use"]} if "use" in node else set()
        return mine.union(*(used(value) for value in node.values()))
    return set().union(*(used(item) for item in node)) if isinstance(node, list) else set()


def report(source: str, **given: str) -> dict[str, Any]:
    """What `research_report` does, step by step."""
    found = research.open_source(source, context=HERE)
    cleaned = library.clean_table(found["table"], drop_duplicates=False)
    table = cleaned["table"]
    warnings = research.validate_source(table, found["note"])
    roles = library.guess_roles(table, **given)
    value, time, group = roles["value_column"], roles["time_column"], roles["group_column"]
    trends = library.trends(table, value, time, group)
    outliers = library.outliers(table, value, group)
    charts = library.charts_for(table, time, value, group)
    findings = research.write_findings(
        table=table,
        origin=found["origin"],
        warnings=warnings,
        changes=cleaned["changes"],
        value_column=value,
        time_column=time,
        group_column=group,
        trends=trends,
        outliers=outliers,
        profile=library.profile_table(table),
    )
    made = library.render_report(
        found["title"], findings["summary"], sections=findings["sections"], charts=charts
    )
    return {**made, "warnings": warnings, "trends": trends, "outliers": outliers, "charts": charts}


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_pipeline_says_its_contract_and_uses_what_exists(name: str) -> None:
    found = read(name)

    assert found["pipeline"] == name
    assert (" ".join(found["requires"]), " ".join(found["provides"])) == CONTRACTS[name]
    assert used(found["steps"]) <= set(OWN) | set(library.__all__)


def test_every_pipeline_file_is_known_here() -> None:
    assert {path.stem for path in (DATA / "pipelines").iterdir()} == set(CONTRACTS)


def test_every_capability_of_the_examples_is_used_and_explained() -> None:
    every = set().union(*(used(read(name)["steps"]) for name in CONTRACTS))

    assert set(OWN) <= every
    assert [n for n, c in OWN.items() if not c.declaration.intent] == []
    assert [
        f"{n}.{p.name}" for n, c in OWN.items() for p in c.contract.requires if not p.help
    ] == []


def test_gapminder_is_researched_without_a_network() -> None:
    made = report("gapminder")

    assert len(made["trends"]) == 142
    assert {one.group for one in made["outliers"]} >= {"Rwanda", "Bulgaria"}
    assert len(made["charts"]) == 4
    text = made["markdown"].text
    assert "It rises in 134 of 142 groups (country)" in text
    assert "Its mean is 49.06 in 1952 and 67.01 in 2007 (+37%)." in text
    assert "| year | year | 0 | 12 | 1952 | - | - | 2007 |" in text
    assert "Plotly.newPlot" in made["html"]


def test_a_table_of_ones_own_takes_its_place() -> None:
    made = report("files/orders.csv")

    assert [(one.group, one.value) for one in made["outliers"]] == [("south", 60.0)]
    assert made["markdown"].text.startswith("# Orders\n")


def test_given_columns_are_used() -> None:
    text = report("files/orders.csv", value="price", group="item")["markdown"].text

    assert "Looks at: value 'price', time 'day', group 'item'." in text


ODD = {
    "one column": "x\n1\n2\n3\n",
    "no header": "1,2\n3,4\n",
    "only text": "name,colour\nann,red\nbob,blue\ncyd,red\n",
    "missing values": "year,temp,city\n2000,1,Oslo\n2001,n/a,Oslo\n2002,,Rome\n2003,4,Rome\n",
    "decimal comma": "Jahr;Größe (cm)\n2000;1,5\n2001;2,5\n2002;3,0\n",
    "an empty column": "a,b\n,1\n,2\n",
    "one row": "a,b\n1,x\n",
    "equal values": "year,v\n2000,5\n2001,5\n2002,5\n",
    "names of SQL": 'select,"we""ird",order by\n1,2,x\n2,3,x\n',
    "quoted newlines": 'id,words,n\n1,"two\nlines",3\n2,"and ""quotes""\n",4\n',
    "a tab": "name\tscore\nann\t1.5\nbob\t2.5\n",
    "a mark at the start": "\ufeffyear,v\n2000,1\n2001,2\n2002,4\n",
    "yes and no": "user,active,visits\nann,yes,3\nbob,no,4\ncyd,yes,9\n",
    "names twice": "a,a,\n1,2,3\n4,5,7\n",
    "below zero": "year,balance\n2000,-5\n2001,-7.5\n2002,-9\n",
    "broken figures": "year,v\n2000,inf\n2001,nan\n2002,#DIV/0!\n2003,3.5\n",
    "wide": ",".join(f"c{n}" for n in range(200)) + "\n" + (",".join(["1.5"] * 200) + "\n") * 3,
    "unicode": "an,Städte 🏙,n\n2000,Köln,1\n2001,Ürümqi,2\n2002,Köln,5\n",
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_tables_get_a_report_too(tmp_path: Path, kind: str) -> None:
    (tmp_path / "odd.csv").write_text(ODD[kind])

    made = report(str(tmp_path / "odd.csv"))

    assert made["charts"]
    assert "## Columns" in made["markdown"].text


def test_a_table_without_numbers_gets_a_helpful_answer(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(ODD["only text"])

    made = report(str(tmp_path / "t.csv"))

    assert "No column holds numbers that measure something" in made["markdown"].text
    assert "this report counts values" in made["markdown"].text
    assert made["charts"][0].title == "rows by colour"


def test_a_large_table_is_researched(tmp_path: Path) -> None:
    rows = "".join(f"2020-{1 + i % 12:02d}-01,s{i % 30},{i % 97}\n" for i in range(100_000))
    (tmp_path / "big.csv").write_text("when,shop,amount\n" + rows)

    made = report(str(tmp_path / "big.csv"))

    assert len(made["trends"]) == 30
    assert "**100,000 rows" in made["markdown"].text


def onboard(customer_id: str, attempt: int = 1) -> dict[str, Any]:
    """What `customer_onboarding` does, step by step; *attempt* counts calls of the bureau."""
    picked = customers.pick_customer(customer_id, context=HERE)
    checked = customers.validate_customer_data(picked["customer_data"])
    if checked["validation_errors"]:
        request = customers.request_data_correction(
            picked["customer_data"], checked["validation_errors"]
        )
        return {**checked, "correction_request": request}
    record = checked["validated_data"]
    try:
        credit = customers.ask_credit_bureau(record, Context(attempt=attempt))
    except ConnectionError:
        credit = customers.estimate_credit(record)
    risk = customers.ai_risk_assessment(record, credit["credit_score"], credit["credit_source"])
    wishes = customers.preference_analysis(picked["onboarding_preferences"])
    plan = customers.generate_onboarding_plan(
        validated_data=record,
        risk_score=risk["risk_score"],
        risk_factors=risk["risk_factors"],
        recommended_products=wishes["recommended_products"],
        personalization=wishes["personalization"],
    )
    return {**checked, **credit, **risk, **wishes, "onboarding_plan": plan}


def test_a_good_customer_gets_a_plan() -> None:
    made = onboard("C-001")

    assert (made["risk_score"], made["credit_source"]) == (0.1, "bureau")
    assert "Welcome Ada Example by app." in made["onboarding_plan"].text
    assert "Card without borders" in made["onboarding_plan"].text


def test_a_bad_record_gets_a_request_that_names_every_fault() -> None:
    made = onboard("C-004")

    assert [error.split(":")[0] for error in made["validation_errors"]] == [
        "name",
        "email",
        "country",
        "yearly_income",
        "birth_date",
    ]
    assert "onboarding_plan" not in made


def test_the_slow_bureau_answers_the_second_call() -> None:
    record = customers.pick_customer("C-002", context=HERE)["customer_data"]

    with pytest.raises(ConnectionError):
        customers.ask_credit_bureau(record, Context(attempt=1))
    assert onboard("C-002", attempt=2)["credit_source"] == "bureau"


def test_without_the_bureau_an_estimate_does_and_counts_as_a_risk() -> None:
    made = onboard("C-003", attempt=3)

    assert made["credit_source"] == "estimate"
    assert "the credit score is only an estimate" in made["risk_factors"]


def test_a_high_risk_asks_for_a_person_first() -> None:
    assert "Have a person check" in onboard("C-006")["onboarding_plan"].text


@pytest.mark.parametrize("customer_id", ["C-001", "C-004"])
def test_made_up_customers_are_marked_on_screen(customer_id: str) -> None:
    made = onboard(customer_id)
    shown = made.get("onboarding_plan") or made["correction_request"]

    assert isinstance(shown, Markdown)
    assert "made up" in shown.text
    assert "made up" in customers.pick_customer(customer_id, context=HERE)["note"]


def test_an_unknown_customer_lists_the_known_ones() -> None:
    with pytest.raises(LibraryError, match="it has C-001, C-002"):
        customers.pick_customer("C-999", context=HERE)


@pytest.mark.parametrize(("file", "good"), [("good_customer", True), ("bad_customer", False)])
def test_the_input_files_fit_the_pipeline(file: str, good: bool) -> None:
    inputs = json.loads((DATA / f"files/{file}.json").read_text())

    assert set(inputs) == {"customer_data", "onboarding_preferences"}
    errors = customers.validate_customer_data(inputs["customer_data"])["validation_errors"]
    assert (errors == []) == good


def test_a_folder_of_documents_becomes_one_page() -> None:
    paths = library.list_documents("files/documents", context=HERE)
    made = []
    for path in paths:
        document = library.read_document(path)
        made.append(digests.digest_document(document["title"], document["text"]))

    page = digests.combine_digests([*made, None])

    assert (page["document_count"], page["unread_count"]) == (7, 1)
    assert {one["language"] for one in made} == {"en", "de"}
    for one in made:
        assert f"## {one['title']}" in page["overview"].text
    assert all(len(one["gist"]) > 0 and len(one["phrases"]) == 5 for one in made)


def test_no_documents_make_an_empty_page() -> None:
    assert digests.combine_digests([])["document_count"] == 0


def test_a_draft_is_published_once_and_an_interruption_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Note  \n\nShort.\n")
    draft = publishing.prepare_draft("note.md", Context(workspace=str(tmp_path)))

    before = publishing.already_published(draft["draft"], draft["publish_to"])
    made = publishing.publish_draft(draft["draft"], draft["publish_to"])
    after = publishing.already_published(draft["draft"], draft["publish_to"])

    assert (before, after) == (None, made)
    assert (tmp_path / "published" / "note.md").read_text() == "# Note\n\nShort.\n"
    with pytest.raises(LibraryError, match="published already"):
        publishing.publish_draft("other", draft["publish_to"])


def test_a_draft_gets_remarks_and_can_be_archived(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Note\n\nTODO: write.\n")
    draft = publishing.prepare_draft("note.md", Context(workspace=str(tmp_path)))

    place = publishing.archive_draft(draft["draft"], draft["archive_to"])

    assert draft["remarks"] == ["It has only 3 words.", "It still has open places (TODO or ???)."]
    assert Path(place).read_text() == draft["draft"]


def test_publishing_asks_after_an_interruption_what_happened() -> None:
    (writes,) = [e for e in publishing.publish_draft.declaration.effects if e.kind == "writes"]

    assert (writes.idempotent, writes.on_ambiguous) == (False, "reconcile")
    assert publishing.treat_silence_as_no() is False


def test_the_draft_in_the_inbox_is_ready() -> None:
    draft = publishing.prepare_draft("inbox/spring-newsletter.md", HERE)

    assert (draft["title"], draft["remarks"]) == ("Spring newsletter", [])
