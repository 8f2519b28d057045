import assert from "node:assert/strict";
import { test } from "node:test";
import { lookUp } from "../dev/host/catalog.ts";
import { cardOf } from "../src/model/board.ts";
import { lay, resolve } from "../src/model/overlay.ts";
import { boardOf, nested } from "./boards.ts";

const NOTHING = new Map();

test("a moved card stands at its new place, and the old board is as it was", () => {
  const board = nested();

  const { board: shown } = lay(board, [{ op: "place", at: { fetch: [70, 80] } }], NOTHING);

  assert.equal(cardOf(shown, "fetch")?.x, 70);
  assert.equal(cardOf(board, "fetch")?.x, 0);
});

test("a new card has the ports that the palette showed, and is pending", () => {
  const known = new Map([["feel", lookUp("feel")!]]);

  const laid = lay(nested(), [{ op: "insert", step: { use: "feel", id: "mood" }, place: { after: "fetch" } }], known);

  const card = cardOf(laid.board, "mood");
  assert.deepEqual(card?.outputs.map((port) => port.name), ["tone", "score"]);
  assert.equal(card?.at, 1);
  assert.equal(cardOf(laid.board, "around")?.at, 2);
  assert.ok(laid.pending.has("mood"));
});

test("what is taken out goes with everything inside and all its wires", () => {
  const { board } = lay(nested(), [{ op: "remove", step: "around" }], NOTHING);

  assert.deepEqual(board.cards.map((card) => card.id), ["fetch", "count"]);
  assert.ok(board.wires.every((wire) => wire.source !== "translate" && wire.target !== "translate"));
});

test("a wire comes from the nearest maker before its reader", () => {
  const { board } = lay(nested(), [{ op: "read", step: "count", input: "text", from: "text" }], NOTHING);

  assert.equal(board.wires.find((wire) => wire.target === "count")?.source, "translate");
});

test("a wire that is taken away is not drawn", () => {
  const { board } = lay(nested(), [{ op: "leave", step: "count", input: "text" }], NOTHING);

  assert.equal(board.wires.some((wire) => wire.target === "count"), false);
});

test("another name holds in wires, containers and orders", () => {
  const board = boardOf([{ id: "a", parallel: [{ id: "b", use: "feel" }] }, { id: "c", use: "feel", after: ["a"] }]);

  const { board: shown } = lay(board, [{ op: "rename", step: "a", to: "z" }], NOTHING);

  assert.equal(cardOf(shown, "b")?.parent, "z");
  assert.deepEqual(cardOf(shown, "c")?.after, ["z"]);
});

test("a value that is fixed shows at its port, and goes when it is taken away", () => {
  const set = lay(nested(), [{ op: "set", step: "translate", field: "set", value: { into: "fr" } }], NOTHING).board;
  const unset = lay(set, [{ op: "set", step: "translate", field: "set", value: null }], NOTHING).board;

  const value = (board: typeof set): unknown => cardOf(board, "translate")?.inputs.find((port) => port.name === "into")?.set;
  assert.equal(value(set), "fr");
  assert.equal(value(unset), undefined);
});

test("what cannot be said without Python only marks its cards", () => {
  const before = nested();

  const { board, pending } = lay(before, [{ op: "wrap", steps: ["fetch"], kind: "each" }, { op: "undo" }], NOTHING);

  assert.deepEqual(board, before);
  assert.deepEqual([...pending], ["fetch"]);
});

test("a place beside a step is in that step's list", () => {
  assert.deepEqual(resolve(nested(), { before: "feel" }), { parent: "around", slot: "steps", case: 0, at: 1 });
});
