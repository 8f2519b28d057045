import assert from "node:assert/strict";
import { test } from "node:test";
import { difference } from "../dev/host/difference.ts";
import { Host } from "../dev/host/host.ts";
import { changed } from "../src/model/changes.ts";
import { memoryKeep } from "../src/model/outbox.ts";
import type { DocumentMessage, FromCanvas } from "../src/model/protocol.ts";
import { Session } from "../src/model/session.ts";
import { Random, randomEdit } from "./random.ts";

const draft = { header: { pipeline: "test" }, kind: "sequence" as const, steps: [{ id: "fetch_page", use: "fetch_page" }], looks: {} };

function listening(): { session: Session; sent: FromCanvas[]; document: DocumentMessage } {
  const sent: FromCanvas[] = [];
  const session = new Session("a", "test", memoryKeep());
  session.connected((message) => void sent.push(message));
  const document = new Host(structuredClone(draft)).document();
  session.receive(document);
  return { session, sent, document };
}

test("changes upon a document give the very document that they lead to", () => {
  const random = new Random(7);
  const host = new Host(structuredClone(draft));
  let before = host.document();
  for (let seq = 1; seq <= 400; seq++) {
    host.receive({ type: "edit", client: "a", seq, ops: randomEdit(random, before.board) }, () => undefined);
    const now = host.document();
    assert.deepEqual(changed(before, structuredClone(difference(before, now))), now);
    if (random.chance(0.7)) before = now;
  }
});

test("cards that did not change stay the same objects", () => {
  const { session, document } = listening();
  const before = session.shown.board.cards;
  const set = [{ id: "nobody", note: "x" }];
  const message = difference(document, { ...document, mark: "next", rev: 2 });

  session.receive({ ...message, board: { intent: "other", cards: { set } } });

  assert.equal(session.shown.board.intent, "other");
  assert.equal(session.shown.board.cards, before);
});

test("changes upon another document are not shown, and the whole is asked for once", () => {
  const { session, sent, document } = listening();
  const message = { ...difference(document, { ...document, mark: "b", rev: 3, acks: { a: 1 } }), since: "missed" };
  session.edit({ op: "note", step: "fetch_page", text: "slow" });

  session.receive(message);
  session.receive({ ...message, since: "b", mark: "c", rev: 4 });

  assert.equal(sent.filter((one) => one.type === "whole").length, 1);
  assert.equal(session.shown.waiting, 1);
  assert.equal(session.shown.board.cards[0]?.note, "slow");
});

test("the whole is asked for again when no answer comes", () => {
  const { session, sent, document } = listening();
  session.receive({ ...difference(document, { ...document, mark: "b", rev: 3 }), since: "missed" });

  session.tick(5);
  session.receive({ ...document, rev: 3, mark: "b" });
  session.tick(20);

  assert.equal(sent.filter((one) => one.type === "whole").length, 2);
});

test("changes that come twice, or late, are passed over", () => {
  const { session, sent, document } = listening();
  const first = difference(document, { ...document, mark: "b", rev: 2, undo: "Add fetch" });
  session.receive(first);

  session.receive(first);
  session.receive({ ...first, since: "before", mark: "old", rev: 1 });

  assert.equal(session.shown.document?.undo, "Add fetch");
  assert.equal(sent.filter((one) => one.type === "whole").length, 0);
});
