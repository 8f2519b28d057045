/** Inputs at their defaults: what is shown of them, and where wires to them end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { INPUTS, cardOf } from "../src/model/board.ts";
import type { End } from "../src/model/fits.ts";
import { FOLD, behind, drawnWires, folded, rowCount, rowOf, sayFolded } from "../src/model/folding.ts";
import { boxes, cardHeight, handlesOf } from "../src/model/geometry.ts";
import { lay } from "../src/model/overlay.ts";
import type { Board, Port } from "../src/model/protocol.ts";
import { routes } from "../src/model/routing.ts";

const port = (name: string, more: Partial<Port> = {}): Port => {
  return { name, scope: name, type: "str", optional: false, secret: false, help: "", default: "", schema: {}, ...more };
};
const spare = (name: string): Port => port(name, { optional: true, idle: true, default: "3" });

/** One card that reads a page and has two more inputs, each with a wire from the pipeline's inputs. */
function board(): Board {
  const inputs = [port("page"), spare("limit"), spare("language")];
  return {
    name: "b", intent: "", version: "1", kind: "sequence", root: "", problems: [], outputs: [],
    types: { str: { name: "str", fits: ["str"] } },
    inputs,
    cards: ["first", "last"].map((id, at) => ({
      id, kind: "use", title: id, about: "", note: "", parent: null, slot: "steps", case: 0, at,
      inputs: id === "last" ? inputs : [], outputs: id === "first" ? [port("word")] : [], policies: [], fields: [], after: [],
      x: 400 * at, y: 0, width: 240, height: 0, pins: [], status: "", container: false,
    })),
    wires: inputs.map(({ name }) => ({ id: name, source: null, output: name, name, target: "last", input: name, certain: true })),
  };
}

const idleEnd = (name: string): End => ({ card: "last", port: name, side: "input", inside: false });
const word: End = { card: "first", port: "word", side: "output", inside: false };

test("a card shows one line for all inputs at their defaults", () => {
  const { inputs } = board();

  assert.deepEqual(folded(inputs).shown.map(({ name }) => name), ["page"]);
  assert.deepEqual([rowCount(inputs, false), rowCount(inputs, true)], [2, 4]);
  assert.deepEqual(["page", "limit", "language", "gone"].map((name) => rowOf(inputs, name, false)), [0, 1, 1, -1]);
  assert.deepEqual(["page", "limit", "language", "gone"].map((name) => rowOf(inputs, name, true)), [0, 2, 3, -1]);
  assert.equal(sayFolded(folded(inputs).idle), "2 more, at their defaults");
  assert.equal(sayFolded([spare("limit")]), "limit, at its default");
});

test("opened, a card grows by what it shows, and every port has its handle", () => {
  const card = cardOf(board(), "last")!;

  assert.equal(cardHeight(card, true) - cardHeight(card), 48);
  assert.equal(boxes(board(), new Set(["last"])).get("last")!.height, cardHeight(card, true));
  assert.deepEqual(handlesOf(card, 240, { order: false, open: false })?.map(({ id }) => id), ["in:page", "in:"]);
  assert.deepEqual(handlesOf(card, 240, { order: false, open: true })?.map(({ id }) => id), ["in:page", "in:", "in:limit", "in:language"]);
});

test("a default is no wire across the board until one opens the pipeline's inputs", () => {
  const ends = (opened: string[]): string[] => drawnWires(board(), new Set(opened)).map(({ wire, to }) => `${wire.id}>${to.port}`);

  assert.deepEqual(ends([]), ["page>page"]);
  assert.deepEqual(ends(["last"]), ["page>page"]);
  assert.deepEqual(ends([INPUTS]), ["page>page", `limit>${FOLD}`, `language>${FOLD}`]);
  assert.deepEqual(ends([INPUTS, "last"]), ["page>page", "limit>limit", "language>language"]);
});

test("wires that are not drawn take no way around cards", () => {
  const between = { ...cardOf(board(), "first")!, id: "between", x: 100, outputs: [] };
  const blocked = { ...board(), cards: [...board().cards, between] };
  const inputs = { x: -250, y: 0, width: 160, height: 140 };

  const kept = (opened: string[]): string[] => [...routes(blocked, boxes(blocked), inputs, new Set(opened)).keys()];

  assert.deepEqual(kept([]), ["page"]);
  assert.deepEqual(kept([INPUTS]), ["page", "limit"]); // the last one is free
});

test("a wire that is dropped on the line means one of those behind it that fit", () => {
  const odd = board();
  const cards = odd.cards.map((card) => ({ ...card, inputs: card.inputs.map((one) => (one.name === "limit" ? { ...one, type: "int" } : one)) }));

  assert.deepEqual(behind(board(), word, idleEnd(FOLD)), [idleEnd("limit"), idleEnd("language")]);
  assert.deepEqual(behind(board(), idleEnd(FOLD), word), [idleEnd("limit"), idleEnd("language")]);
  assert.deepEqual(behind({ ...odd, cards }, word, idleEnd(FOLD)), [idleEnd("language")]);
  assert.deepEqual(behind(board(), word, idleEnd("page")), []);
});

test("an input that is wired or fixed is shown at once", () => {
  const names = (op: Parameters<typeof lay>[1] extends Iterable<infer T> ? T : never): string[] => {
    return folded(cardOf(lay(board(), [op], new Map()).board, "last")!.inputs).shown.map(({ name }) => name);
  };

  assert.deepEqual(names({ op: "read", step: "last", input: "limit", from: "word" }), ["page", "limit"]);
  assert.deepEqual(names({ op: "set", step: "last", field: "set", value: { language: "de" } }), ["page", "language"]);
});
