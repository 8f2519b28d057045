import assert from "node:assert/strict";
import { test } from "node:test";
import type { Written } from "../dev/host/tree.ts";
import { cardOf } from "../src/model/board.ts";
import { changePolicy } from "../src/model/edits.ts";
import { stepOf } from "../src/model/writing.ts";
import { boardOf } from "./boards.ts";

const STEPS: Written[] = [
  { id: "fetch", use: "fetch_page", to: { text: "page" }, with: [{ timeout: 5 }, { retry: { attempts: 3 } }] },
  { id: "t", use: "translate", from: { text: "page", language: null }, set: { into: "fr" } },
  { id: "choice", when: "size(page) > 9", then: [{ id: "feel", use: "feel" }], otherwise: [{ id: "count", use: "count_words" }] },
  { id: "loop", each: [{ id: "read", use: "read_document" }], over: { path: "paths" }, into: { text: "texts" }, at_once: 4 },
  { id: "ask", approve: "Go on?", into: "approved", within: "2 days" },
  { id: "both", parallel: [{ id: "a", use: "feel" }, { id: "b", use: "feel", after: ["a"] }] },
];

test("a card is written as its step stands in the file", () => {
  const board = boardOf(structuredClone(STEPS));

  for (const step of STEPS) assert.deepEqual(stepOf(board, cardOf(board, step.id)!), step);
});

test("a fixed secret is not copied", () => {
  const board = boardOf([{ id: "fetch", use: "fetch_page", set: { password: "hidden", url: "u" } }]);

  assert.deepEqual(stepOf(board, cardOf(board, "fetch")!), { use: "fetch_page", id: "fetch", set: { url: "u" } });
});

test("another policy takes a place without those around it being lost", () => {
  const board = boardOf(structuredClone(STEPS));

  assert.deepEqual(changePolicy(cardOf(board, "fetch")!, 0, { timeout: 9 }), [
    { op: "unguard", step: "fetch", at: 1 },
    { op: "unguard", step: "fetch", at: 0 },
    { op: "guard", step: "fetch", policy: { timeout: 9 } },
    { op: "guard", step: "fetch", policy: { retry: { attempts: 3 } } },
  ]);
});
