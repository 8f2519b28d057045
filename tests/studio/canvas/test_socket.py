"""The canvas's WebSocket, spoken to as a page does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from kit import page_of
from websockets.exceptions import InvalidStatus

from packetflow.workspace.drafts import Drafts

WAITS = """\
pipeline: taken_over
steps:
  - {use: double, id: double}
  - {approve: Go on?, id: go, into: agreed}
  - {use: linger, id: linger}
"""
RENAME = {"op": "rename", "step": "add", "to": "total"}


async def test_a_page_opens_a_pipeline_and_gets_its_board(address):
    async with page_of(address) as page:
        document = await page.open("sums")

    assert [card["id"] for card in document["board"]["cards"]] == ["graph", "double", "add"]
    assert {wire["id"] for wire in document["board"]["wires"]} >= {"double.doubled>add.doubled"}
    assert (document["saved"], document["undo"], document["conflict"]) == (True, None, None)


async def test_an_edit_reaches_every_page_and_sending_it_again_changes_nothing(address):
    async with page_of(address) as one, page_of(address) as two:
        await one.open("twice")
        await two.open("twice", "other")

        mine = await one.edit(1, RENAME)
        theirs = await two.until("document", fits=lambda m: m["acks"].get("page") == 1)
        await one.say("edit", client="page", seq=1, ops=[RENAME])
        heard = await one.until("heard", fits=lambda m: m["seq"] == 1)
        await one.say("edit", client="page", seq=3, ops=[RENAME])
        early = await one.until("heard", fits=lambda m: m["client"] == "page")
        back = await two.edit(1, {"op": "undo"}, client="other")

    assert mine["board"]["cards"][2]["id"] == "total"
    assert theirs["text"] == mine["text"]
    assert "# the sum" in theirs["text"]
    assert (heard["seq"], early["seq"]) == (1, 1)
    assert back["redo"] == "Rename add to total"
    assert back["saved"]


async def test_an_edit_sends_what_changed_and_the_whole_comes_when_it_is_asked_for(address):
    async with page_of(address) as page:
        opened = await page.open("sums", "looks")
        note = {"op": "note", "step": "add", "text": "slow"}
        document = await page.edit(1, note, client="looks")
        changes = page.changes
        await page.say("whole")
        again = await page.until("document")

    assert changes["since"] == opened["mark"]
    assert changes["text"] is None
    assert changes["board"] == {"cards": {"set": [{"id": "add", "note": "slow"}]}}
    assert again == document


async def test_an_edit_that_cannot_be_done_is_refused_with_a_sentence(address):
    async with page_of(address) as page:
        before = await page.open("sums")
        await page.say("edit", client="wrong", seq=1, ops=[{"op": "remove", "step": "nobody"}])
        refused = await page.until("refused")
        await page.say("edit", client="wrong", seq=2, ops=[{"op": "header", "field": "x"}])
        again = await page.until("refused")
        after = await page.until("document", fits=lambda m: m["acks"].get("wrong") == 2)

    assert "nobody" in refused["message"]
    assert (refused["seq"], refused["op"], again["seq"]) == (1, 0, 2)
    assert after["text"] == before["text"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"type": "x"}', '{"type": "edit"}', "[" * 5000, b"\xff\xfe", "x" * 7_000_000],
    ids=lambda content: str(content)[:12],
)
async def test_a_message_that_is_none_is_answered_and_the_page_stays(address, content):
    async with page_of(address) as page:
        await page.socket.send(content)
        error = await page.until("error")
        document = await page.open("sums")

    assert error["message"]
    assert document["board"]["name"] == "sums"


async def test_what_needs_a_document_says_so_before_one_is_open(address):
    async with page_of(address) as page:
        await page.say("run", inputs={}, ask=7)
        error = await page.until("error")
        await page.say("open", client="a", pipeline="no such", protocol=1)
        unknown = await page.until("error")
        await page.say("open", client="a", pipeline="sums", protocol=2)
        newer = await page.until("error")

    assert (error["ask"], "open" in error["message"]) == (7, True)
    assert "no such" in unknown["message"]
    assert "protocol 2" in newer["message"]


async def test_a_forged_origin_a_wrong_token_and_another_host_are_refused(address):
    for wrong in (
        {"origin": "http://evil.example"},
        {"cookie": "packetflow_studio=guess"},
        {"host": "evil.example"},
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with page_of(address, **wrong):
                pass

        assert refused.value.response.status_code in (400, 403)


async def test_changes_of_the_file_and_of_other_processes_are_seen(address, folder):
    file = folder / "pipelines" / "files.yaml"
    async with page_of(address) as page:
        await page.open("files")
        file.write_text(file.read_text().replace("the sum", "both"))
        followed = await page.until("document", fits=lambda m: "# both" in m["text"])
        draft = Drafts(folder).open("files")
        await asyncio.to_thread(draft.do, RENAME)
        edited = await page.until("document", fits=lambda m: "id: total" in m["text"])

    assert followed["saved"]
    assert not edited["saved"]


async def test_a_conflict_shows_both_versions_until_one_is_saved(address, folder):
    file = folder / "pipelines" / "conflict.yaml"
    async with page_of(address) as page:
        await page.open("conflict")
        await page.edit(1, RENAME)
        file.write_text(file.read_text().replace("the sum", "theirs"))
        conflict = (await page.until("document", fits=lambda m: m["conflict"]))["conflict"]
        await page.say("edit", client="page", seq=2, ops=[{"op": "save", "over": None}])
        refused = await page.until("refused")
        saved = await page.edit(3, {"op": "save", "over": conflict["digest"]})

    assert "# theirs" in conflict["text"]
    assert "somebody else" in refused["message"]
    assert (saved["saved"], saved["conflict"]) == (True, None)
    assert "id: total" in file.read_text()


async def test_a_run_is_followed_to_its_end_and_its_values_can_be_looked_at(address):
    async with page_of(address) as page:
        await page.open("runs")
        await page.say("run", inputs={"number": 4}, ask=1)
        begun = await page.until("run", fits=lambda m: m["ask"] == 1)
        ended = await page.until("run", fits=lambda m: m["status"] != "running")
        execution = begun["execution"]
        await page.say("preview", execution=execution, step="add", port="sum", ask=2)
        preview = await page.until("preview")
        await page.say("preview", execution=execution, step="add", port="none", ask=3)
        missing = await page.until("preview", fits=lambda m: m["ask"] == 3)
        await page.say("preview", execution=execution, step="@outputs", port="sum", ask=4)
        whole = await page.until("preview", fits=lambda m: m["ask"] == 4)

    assert (ended["execution"], ended["status"]) == (execution, "ok")
    steps = {}
    for message in page.heard:
        if message["type"] == "steps":
            steps |= message["steps"]
    assert {steps[name]["status"] for name in ("double", "add")} == {"ok"}
    assert preview["looks"] == [{"kind": "text", "text": "9", "whole": True}]
    assert missing["looks"] == []
    assert whole["looks"] == preview["looks"]


async def test_parts_of_a_flow_run_on_recorded_values(address, folder):
    count = folder / "capabilities" / "numbers.count"
    count.unlink(missing_ok=True)
    async with page_of(address) as page:

        async def run(ask: int, **wish):
            await page.say("run", ask=ask, **wish)
            begun = await page.until("run", fits=lambda m: m["ask"] == ask)
            ended = await page.until("run", fits=lambda m: m["status"] != "running")
            await page.say(
                "preview", execution=begun["execution"], step="add", port="sum", ask=ask + 100
            )
            return ended["status"], await page.until("preview", fits=lambda m: m["ask"] > 100)

        await page.open("parts")
        until, _ = await run(1, inputs={"number": 5}, until="double")
        since, added = await run(2, inputs={"more": 3}, since="add")
        await page.edit(1, {"op": "set", "step": "add", "field": "set", "value": {"more": 100}})
        only, changed = await run(3, inputs={}, only="add")
        await page.say("run", ask=4, only="nobody")
        refused = await page.until("error", fits=lambda m: m["ask"] == 4)

    assert (until, since, only) == ("ok", "ok", "ok")
    assert added["looks"][0]["text"] == "13"
    assert changed["looks"][0]["text"] == "110"
    assert count.read_text() == "1"
    assert "no such step" in refused["message"]


async def test_a_question_is_put_to_the_page_and_its_answer_goes_on(address):
    async with page_of(address) as page:
        await page.open("asks")
        await page.edit(
            1, {"op": "insert", "step": {"use": "ask", "id": "ask"}, "place": {"into": "graph"}}
        )
        await page.say("run", inputs={"number": 1}, ask=1)
        question = await page.until("question")
        await page.say(
            "answer",
            execution=question["execution"],
            step=question["step"],
            path=question["path"],
            value="yes",
        )
        ended = await page.until("run", fits=lambda m: m["status"] not in ("running", "waiting"))

    assert (question["text"], question["choices"]) == ("Is 3 right?", ["yes", "no"])
    assert ended["status"] == "ok"


async def test_a_run_that_waits_goes_on_live_in_the_runner_that_took_over(address, folder):
    (folder / "pipelines" / "taken_over.yaml").write_text(WAITS)
    async with page_of(address) as page:
        await page.open("taken_over")
        await page.say("run", inputs={"number": 1}, ask=1)
        question = await page.until("question")
        mine = question["execution"]
        (folder / "capabilities" / "another.py").write_text("ONE = 1\n")
        await page.until("run", fits=lambda m: m["status"] == "waiting")
        said = {"step": question["step"], "path": question["path"], "value": True}
        await page.say("answer", execution=mine, **said)
        going = await page.until("run", fits=lambda m: m["status"] == "running")
        await page.until(
            "steps", fits=lambda m: m["steps"].get("linger", {}).get("status") == "running"
        )
        (folder / "capabilities" / "numbers.go").touch()
        ended = await page.until("run", fits=lambda m: m["status"] not in ("running", "waiting"))

    assert (going["execution"], ended["execution"], ended["status"]) == (mine, mine, "ok")


async def test_a_run_that_waits_can_be_stopped_and_a_missing_input_is_told(address):
    async with page_of(address) as page:
        await page.open("slow")
        await page.say("run", inputs={}, ask=1)
        missing = await page.until("error")
        await page.edit(
            1, {"op": "insert", "step": {"use": "wait_long"}, "place": {"into": "graph"}}
        )
        await page.say("run", inputs={"number": 1}, ask=2)
        begun = await page.until("run", fits=lambda m: m["ask"] == 2)
        await page.until("steps", fits=lambda m: "wait_long" in m["steps"])
        await page.say("stop", execution=begun["execution"])
        ended = await page.until("run", fits=lambda m: m["status"] != "running")

    assert missing["ask"] == 1
    assert "number" in missing["message"]
    assert ended["status"] == "cancelled"


async def test_edits_are_kept_at_once_while_the_runner_stands_still(address):
    async with page_of(address) as page:
        await page.open("slow")
        start = page.heard[-1]["acks"].get("quick", 0)
        hanging = {"op": "text", "text": "pipeline: slow\nsteps: [{use: hang, id: hang}]\n"}
        await page.edit(start + 1, hanging, client="quick")
        await page.say("run", inputs={"number": 3}, ask=1)
        await page.until("run", fits=lambda m: m["ask"] == 1)
        for place in range(2, 7):
            note = {"op": "note", "step": "hang", "text": str(place)}
            await page.say("edit", client="quick", seq=start + place, ops=[note])
            await page.until("heard", fits=lambda m, seq=start + place: m["seq"] == seq)
        document = await page.until(
            "document", fits=lambda m: m["acks"]["quick"] == start + 6 and not m["late"]
        )

    assert document["board"]["cards"][0]["note"] == "6"


async def test_the_palette_is_searched_by_words_and_by_type(address):
    async with page_of(address) as page:
        document = await page.open("sums")
        await page.say("palette", text="double a number", fits=None, ask=1)
        words = await page.until("palette")
        kind = document["board"]["cards"][1]["outputs"][0]["type"]
        await page.say("palette", text="", fits={"type": kind, "side": "input"}, ask=2)
        fitting = await page.until("palette")
        await page.say("palette", text="", fits={"type": kind, "side": "left"}, ask=3)
        wrong = await page.until("error")

    assert words["items"][0]["name"] == "double"
    assert {"double", "add"} <= {one["name"] for one in fitting["items"]}
    assert wrong["ask"] == 3


async def test_changed_capability_files_reach_the_palette_and_the_ports_by_themselves(
    address, folder
):
    file = folder / "capabilities" / "late.py"
    code = "from packetflow import capability\n\n@capability(provides='late')\n"
    step = {"use": "be_late", "id": "late"}

    def card() -> dict[str, Any]:
        return next(one for one in page.document["board"]["cards"] if one["id"] == "late")

    async def drawn(status: str, *ports: str) -> None:
        while (card()["status"], [one["name"] for one in card()["inputs"]]) != (status, [*ports]):
            await page.until("document")

    def renewed() -> int:
        return sum(one["type"] == "renewed" for one in page.heard)

    async def offered(*, is_there: bool) -> None:
        while True:
            seen = renewed()
            await page.say("palette", text="be late", fits=None, ask=seen)
            found = await page.until("palette", fits=lambda m, ask=seen: m["ask"] == ask)
            if ("be_late" in {one["name"] for one in found["items"]}) == is_there:
                return
            while renewed() == seen:
                await page.until("renewed")

    async with page_of(address) as page:
        await page.open("renewed")
        await page.edit(1, {"op": "insert", "step": step, "place": {"into": "graph"}})
        file.write_text(f"{code}def be_late(more: int) -> int:\n    'Come late.'\n    return 1\n")
        await offered(is_there=True)
        await drawn("", "more")
        file.write_text(f"{code}def be_late(number: int) -> int:\n    'Later.'\n    return 1\n")
        await drawn("", "number")
        file.unlink()
        await drawn("error")
        await offered(is_there=False)


async def test_a_text_that_cannot_be_read_shows_the_last_good_cards(address):
    async with page_of(address) as page:
        before = await page.open("sums")
        start = before["acks"].get("typist", 0)
        broken = await page.edit(
            start + 1,
            {"op": "replace", "at": 0, "old": "pipeline:", "new": "pipes:"},
            client="typist",
        )
        back = await page.edit(start + 2, {"op": "undo"}, client="typist")

    assert [one["id"] for one in broken["board"]["cards"]] == ["graph", "double", "add"]
    assert broken["board"]["problems"][0]["code"] == "source"
    assert back["board"]["problems"] == before["board"]["problems"]
