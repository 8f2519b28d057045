/** What a step took and gave, side by side. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cardOf } from "../src/model/board.ts";
import { stepBeside, takenBy } from "../src/model/sides.ts";
import { boardOf } from "./boards.ts";

const board = boardOf([
  { id: "fetch", use: "fetch_page", to: { text: "page" } },
  { id: "say", use: "translate", from: { text: "page", language: null }, set: { into: "fr" } },
]);

test("what a step took names the outputs that gave it, and none for what is fixed or left", () => {
  const taken = Object.fromEntries(takenBy(board, cardOf(board, "say")!).map(({ port, from }) => [port.name, from]));

  assert.deepEqual(taken, { text: [{ step: "fetch", port: "text" }], language: [], into: [] });
  assert.deepEqual(takenBy(board, cardOf(board, "fetch")!)[0]?.from, [{ step: "", port: "url" }]);
});

test("one goes on from step to step in reading order", () => {
  assert.equal(stepBeside(board, "fetch", 1), "say");
  assert.equal(stepBeside(board, "say", 1), null);
  assert.equal(stepBeside(board, "fetch", -1), null);
  assert.equal(stepBeside(board, "gone", 1), null);
});
