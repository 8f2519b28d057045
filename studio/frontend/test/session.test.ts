import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../dev/host/host.ts";
import type { Draft } from "../dev/host/tree.ts";
import { memoryKeep } from "../src/model/outbox.ts";
import type { FromCanvas, FromPython } from "../src/model/protocol.ts";
import { Session } from "../src/model/session.ts";
import { Line } from "./network.ts";
import { Random, randomEdit } from "./random.ts";

const SEEDS = Number(process.env.SEEDS ?? 3);

function draft(): Draft {
  return { header: { pipeline: "test" }, kind: "sequence", steps: [{ id: "fetch_page", use: "fetch_page" }], looks: {} };
}

function joined(host: Host, client = "a"): { session: Session; sent: FromCanvas[] } {
  const sent: FromCanvas[] = [];
  const session = new Session(client, "test", memoryKeep());
  const deliver = (message: FromPython): void => session.receive(structuredClone(message));
  session.connected((message) => {
    sent.push(message);
    host.receive(structuredClone(message), deliver);
  });
  return { session, sent };
}

test("an edit is shown before it is acknowledged, and as it is done afterwards", () => {
  const session = new Session("a", "test", memoryKeep());
  const host = new Host(draft());
  session.receive(host.document());

  session.edit({ op: "note", step: "fetch_page", text: "slow" });

  assert.equal(session.shown.board.cards[0]?.note, "slow");
  assert.equal(session.shown.waiting, 1);
});

test("edits made while the connection is lost are done when it is back", () => {
  const host = new Host(draft());
  const { session } = joined(host);
  session.disconnected();
  session.edit({ op: "header", field: "intent", value: "kept" });

  session.connected((message) => host.receive(structuredClone(message), (said) => session.receive(said)));

  assert.equal(host.draft.header.intent, "kept");
  assert.equal(session.shown.waiting, 0);
});

test("a refused edit is said and does not stay", () => {
  const { session } = joined(new Host(draft()));

  session.edit({ op: "remove", step: "nobody" });

  assert.equal(session.shown.refusal, "there is no step 'nobody'");
  assert.equal(session.shown.waiting, 0);
});

test("a past run is shown on its version, apart from other news, until one comes back", () => {
  const host = new Host(draft());
  const { session, sent } = joined(host);
  const { board } = host.document();
  const version = { ...board, name: "older" };

  session.follow("run-1");
  session.receive({ type: "version", execution: "run-1", text: "older text", board: version });
  session.receive({ type: "steps", execution: "run-2", steps: { fetch_page: { status: "failed" } } });
  session.receive({ type: "steps", execution: "run-1", steps: { fetch_page: { status: "ok" } } });

  assert.equal(session.shown.board.name, "older");
  assert.equal(session.shown.run?.steps.fetch_page?.status, "ok");
  session.bringBack();
  assert.equal(session.shown.past, null);
  assert.deepEqual(sent.findLast((message) => message.type === "edit")?.ops, [{ op: "text", text: "older text" }]);
});

test("what an earlier run still does, does not take the place of a later one", () => {
  const { session } = joined(new Host(draft()));
  const message = "";
  session.receive({ type: "run", execution: "run-2", status: "running", message });

  session.receive({ type: "run", execution: "run-1", status: "waiting", message });
  session.receive({ type: "steps", execution: "run-1", steps: { fetch_page: { status: "waiting" } } });
  session.receive({ type: "run", execution: "run-2", status: "ok", message });

  assert.equal(session.shown.run?.execution, "run-2");
  assert.equal(session.shown.run?.status, "ok");
  assert.deepEqual(session.shown.run?.steps, {});
});

test("a run that cannot be shown leaves the pipeline as it is", () => {
  const { session } = joined(new Host(draft()));

  session.follow("run-1");
  session.receive({ type: "error", ask: null, message: "gone" });

  assert.equal(session.shown.run, null);
  assert.equal(session.shown.refusal, "gone");
  assert.equal(session.shown.board.name, "test");
});

test("each renewal of what can be put in is counted", () => {
  const { session } = joined(new Host(draft()));

  session.receive({ type: "renewed" });
  session.receive({ type: "renewed" });

  assert.equal(session.shown.renewals, 2);
});

test("parts of the board that did not change stay the same objects", () => {
  const { session } = joined(new Host(draft()));
  const before = session.shown.board;

  session.edit({ op: "header", field: "intent", value: "other" });

  assert.equal(session.shown.board.cards, before.cards);
  assert.notEqual(session.shown.board, before);
});

test("an older document that was overtaken is passed over", () => {
  const { session } = joined(new Host(draft()));
  const now = session.shown.document;
  assert.ok(now);
  session.receive({ ...now, rev: 9, text: "new" });

  session.receive({ ...now, rev: 8, text: "old" });

  assert.equal(session.shown.document?.text, "new");
});

test("an edit that was heard stays in sight until a board has it, and is not sent again", () => {
  const sent: FromCanvas[] = [];
  const host = new Host(draft());
  const session = new Session("a", "test", memoryKeep());
  session.connected((message) => void sent.push(message));
  const document = host.document();
  session.receive(document);
  session.edit({ op: "note", step: "fetch_page", text: "slow" });

  session.receive({ type: "heard", client: "a", seq: 1, rev: 2 });
  session.receive({ ...document, rev: 2, acks: { a: 1 }, late: "the runner is away" });
  session.tick(100);

  assert.equal(sent.filter((message) => message.type === "edit").length, 1);
  assert.equal(session.shown.board.cards[0]?.note, "slow");
});

test("an editor of whom Python knows nothing any more goes on under another name", () => {
  const keep = memoryKeep();
  keep.setItem("packetflow:a", JSON.stringify({ last: 17, entries: [{ seq: 18, ops: [{ op: "undo" }] }] }));
  const session = new Session("a", "test", keep);
  const sent: FromCanvas[] = [];
  session.connected((message) => void sent.push(message));
  const document = new Host(draft()).document();

  session.receive({ type: "heard", client: "a", seq: 0, rev: 1 });
  assert.equal(session.client, "a"); // of before the document, which may be another one now
  session.receive(document);
  session.receive({ type: "heard", client: "a", seq: 0, rev: 1 });

  const { client } = session;
  assert.notEqual(client, "a");
  assert.deepEqual(sent.at(-1), { type: "edit", client, seq: 1, ops: [{ op: "undo" }] });
  assert.equal(new Session("a", "test", keep).client, client);
  session.receive({ type: "heard", client, seq: 1, rev: 2 });
  session.receive({ ...document, rev: 2, acks: { [client]: 1 } });
  assert.equal(session.shown.waiting, 0);
});

test("what Python could not read is not sent, and halves of characters are made whole", () => {
  const sent: FromCanvas[] = [];
  const session = new Session("a", "test", memoryKeep());
  session.connected((message) => void sent.push(message));

  session.edit({ op: "note", step: "a", text: "x".repeat(5_000_001) });
  session.edit({ op: "note", step: "a", text: "cut \ud83d, whole \u{1f511}, said \\ud83d" });

  assert.match(session.shown.refusal ?? "too large", /too large/);
  const edits = sent.filter((message) => message.type === "edit");
  assert.deepEqual(edits.map((edit) => edit.ops), [[{ op: "note", step: "a", text: "cut \ufffd, whole \u{1f511}, said \\ud83d" }]]);
});

test("an error answers the question that it is about", async () => {
  const session = new Session("a", "test", memoryKeep());
  session.connected(() => undefined);
  const started = session.run();

  session.receive({ type: "error", ask: 1, message: "it cannot run" });

  await started;
  assert.equal(session.shown.refusal, "it cannot run");
  assert.equal(session.shown.run, null);
});

test("a question that nobody can answer any more is answered with null", async () => {
  const session = new Session("a", "test", memoryKeep());
  session.connected(() => undefined);

  const asked = session.palette("word");
  session.disconnected();

  assert.equal(await asked, null);
});

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`1,000 random edits over a bad network: nothing is lost or doubled (seed ${seed})`, () => {
    const random = new Random(seed);
    const host = new Host(draft());
    const lines = ["one", "two"].map((name) => new Line(name, host, random));
    const made = new Map(lines.map((line) => [line, 0]));
    for (const line of lines) line.connect();

    for (let edit = 0; edit < 1000; ) {
      const line = random.pick(lines);
      assert.ok(line);
      const ops = randomEdit(random, line.session.shown.board);
      if (ops.length) {
        line.session.edit(...ops);
        made.set(line, (made.get(line) ?? 0) + 1);
        edit++;
      }
      for (let moves = random.below(5); moves > 0; moves--) {
        random.pick(lines)?.move({ lost: 0.1, doubled: 0.1 });
      }
      if (random.chance(0.02)) line.disconnect();
      if (random.chance(0.04)) line.connect();
      if (random.chance(0.01)) line.reload();
    }
    for (const line of [...lines, ...lines]) line.settle();

    for (const line of lines) {
      const { client, shown } = line.session;
      assert.deepEqual(shown.board.cards, host.document().board.cards);
      assert.equal(shown.document?.text, host.text());
      assert.equal(host.document().acks[client], made.get(line));
    }
    assert.equal(new Set(host.done).size, host.done.length, "an edit was done twice");
    assert.ok(host.done.length > 300, `only ${host.done.length} edits were not refused`);
  });
}
