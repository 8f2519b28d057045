import assert from "node:assert/strict";
import { test } from "node:test";
import { lookUp } from "../dev/host/catalog.ts";
import { cardOf, drawnCards } from "../src/model/board.ts";
import { dropAt } from "../src/model/dropping.ts";
import * as edits from "../src/model/edits.ts";
import { boxes, lanesOf } from "../src/model/geometry.ts";
import { orderEdges } from "../src/model/order.ts";
import { find } from "../src/model/search.ts";
import { NONE, neighbour, only, restrict, toggle } from "../src/model/selection.ts";
import { boardOf, nested } from "./boards.ts";

const feel = lookUp("feel")!;

test("a second step of one capability has an id of its own", () => {
  const board = boardOf([{ id: "feel", use: "feel" }]);

  const { id, ops } = edits.add(board, feel, { place: edits.atEnd(board), at: [5, 6] });

  assert.equal(id, "feel_2");
  assert.deepEqual(ops, [
    { op: "insert", step: { use: "feel", id: "feel_2" }, place: { into: null } },
    { op: "place", at: { feel_2: [5, 6] } },
  ]);
});

test("a new loop walks the list that is made before it", () => {
  const board = boardOf([{ id: "docs", use: "list_documents" }, { id: "feel", use: "feel" }]);
  const step = (after: string): unknown => {
    const [op] = edits.addKind(board, "each", { place: { after }, at: null }).ops;
    return op?.op === "insert" && op.step.over;
  };

  assert.deepEqual(step("docs"), { path: "paths" });
  assert.deepEqual(step("feel"), { path: "paths" });
});

test("in a graph a second maker of a name gets a name of its own", () => {
  const board = boardOf([{ id: "feel", use: "feel" }], "graph");

  const { ops } = edits.add(board, feel, { place: { into: null }, at: null });

  assert.deepEqual(ops, [
    { op: "insert", step: { use: "feel", id: "feel_2", to: { tone: "tone_2", score: "score_2" } }, place: { into: null } },
  ]);
});

test("a step that is put in at a wire's other end reads that wire", () => {
  const board = boardOf([{ id: "fetch", use: "fetch_page", to: { text: "page" } }]);
  const end = { card: "fetch", port: "text", side: "output", inside: false } as const;

  const { ops } = edits.addJoined(board, feel, end, { place: edits.atEnd(board), at: null });

  assert.deepEqual(ops.at(-1), { op: "read", step: "feel", input: "text", from: "page" });
});

test("a step put on a wire stands between its ends", () => {
  const board = boardOf([{ id: "fetch", use: "fetch_page", to: { text: "page" } }, { id: "feel", use: "feel", from: { text: "page" } }], "graph");
  const wire = board.wires.find((one) => one.source === "fetch" && one.target === "feel")!;
  const translate = lookUp("translate")!;

  const { id, ops } = edits.addBetween(board, translate, wire, { place: edits.atEnd(board), at: null });

  const reads = ops.filter((op) => op.op === "read");
  assert.deepEqual(reads.map((op) => [op.step, op.input]), [[id, "text"], ["feel", "text"]]);
  assert.equal(reads[0]?.from, "page");
  assert.notEqual(reads[1]?.from, "page");
  const places = ops.flatMap((op) => (op.op === "place" ? Object.entries(op.at) : []));
  const [made, later] = [places.find(([name]) => name === id), places.find(([name]) => name === "feel")];
  assert.ok(made && later && later[1][0] >= made[1][0] + 240);
});

test("only neighbours can be put into one", () => {
  const board = nested();

  assert.equal(edits.areNeighbours(board, new Set(["fetch", "around"])), true);
  assert.equal(edits.areNeighbours(board, new Set(["fetch", "count"])), false);
  assert.equal(edits.areNeighbours(board, new Set(["fetch", "feel"])), false);
});

test("taking out a container and something in it is one operation", () => {
  assert.deepEqual(edits.remove(nested(), new Set(["around", "feel"])), [{ op: "remove", step: "around" }]);
});

test("fixing a value keeps the others, and the last one that goes takes the field along", () => {
  const board = boardOf([{ id: "t", use: "translate", set: { into: "fr" } }]);
  const card = cardOf(board, "t")!;

  assert.deepEqual(edits.fixValue(card, "language", "de"), { op: "set", step: "t", field: "set", value: { into: "fr", language: "de" } });
  assert.deepEqual(edits.fixValue(card, "into", undefined), { op: "set", step: "t", field: "set", value: null });
});

test("cards stand in line at the leftmost edge", () => {
  const board = boardOf([{ id: "a", use: "feel" }, { id: "b", use: "feel" }]);

  const [op] = edits.align(board, new Set(["a", "b"]), "left", boxes(board));

  assert.deepEqual(op, { op: "place", at: { a: [0, 0], b: [0, 0] } });
});

test("a container holds what is in it, wherever that was put", () => {
  const board = nested();
  const far = { ...board, cards: board.cards.map((card) => (card.id === "feel" ? { ...card, x: 900, y: 700 } : card)) };

  const around = boxes(far).get("around");

  assert.ok(around && around.width > 900 + 240 && around.height > 700);
});

test("a branch has a lane for each way, also for an empty one", () => {
  const board = boardOf([{ id: "c", when: "x > 1", then: [{ id: "a", use: "feel" }] }]);

  const lanes = lanesOf(board, cardOf(board, "c")!, boxes(board));

  assert.deepEqual(lanes.map((lane) => [lane.slot, lane.title, lane.empty]), [
    ["then", "if x > 1", false],
    ["otherwise", "otherwise", true],
  ]);
});

test("what is let go over a lane belongs there, and over the ground in the order of the drawing", () => {
  const board = boardOf([{ id: "c", when: "x", then: [{ id: "a", use: "feel" }] }, { id: "z", use: "feel" }]);
  const found = boxes(board);
  const [, otherwise] = lanesOf(board, cardOf(board, "c")!, found);
  const inside = dropAt(board, found, { point: [40, otherwise!.y + 40], corner: [40, otherwise!.y + 40] });
  const between = dropAt(board, found, { point: [420, -300], corner: [420, -300] });

  assert.deepEqual(inside.place, { into: "c", slot: "otherwise", case: 0, at: 0 });
  assert.equal(between.place.into, null);
  assert.equal(between.place.at, 1);
});

test("order is drawn only where no wire shows it", () => {
  const board = boardOf([{ id: "fetch", use: "fetch_page" }, { id: "feel", use: "feel" }, { id: "docs", use: "list_documents" }]);

  assert.deepEqual(orderEdges(board).map((edge) => edge.id), ["order:feel:docs"]);
});

test("words are found in names first, then in what is said about a step", () => {
  assert.deepEqual(find(nested(), "text").length > 2, true);
  assert.equal(find(nested(), "count")[0]?.id, "count");
  assert.deepEqual(find(nested(), "nowhere"), []);
  assert.deepEqual(find(nested(), " "), []);
});

test("what is selected goes when it is gone, and arrows lead to the nearest card", () => {
  const board = nested();

  assert.equal(restrict(NONE, board), NONE);
  assert.deepEqual([...restrict(toggle(only("gone"), "feel"), board).cards], ["feel"]);
  assert.equal(neighbour(board, null, "right", boxes(board)), "fetch");
  assert.equal(neighbour(board, "count", "right", boxes(board)), null);
});

test("an output is called otherwise, kept out of sight, or by its own name again", () => {
  const board = boardOf([{ id: "f", use: "fetch_page", to: { text: "page" } }]);
  const card = cardOf(board, "f")!;
  const to = (name: string, output = "text"): unknown => {
    const op = edits.nameOutput(card, output, name);
    return op.op === "set" ? op.value : undefined;
  };

  assert.deepEqual(to("body"), { text: "body" });
  assert.deepEqual(to(""), {});
  assert.deepEqual(to("language", "language"), { text: "page", language: "language" });
  const plain = boardOf([{ id: "f", use: "feel", to: { tone: "mood", score: "score" } }]);
  assert.deepEqual(edits.nameOutput(cardOf(plain, "f")!, "tone", "tone"), { op: "set", step: "f", field: "to", value: null });
});

test("a graph that is the ground is no card, and new steps go into it", () => {
  const whole = boardOf([{ id: "graph", graph: [{ id: "f", use: "feel" }] }]);
  const board = { ...whole, root: "graph", kind: "graph" };

  assert.deepEqual(drawnCards(board).map((card) => card.id), ["f"]);
  assert.deepEqual(edits.atEnd(board), { into: "graph" });
  assert.equal(dropAt(board, boxes(board), { point: [500, 10], corner: [500, 10] }).place.into, "graph");
});

test("copied steps are pasted below one another, as they were copied", () => {
  const op = edits.paste([{ use: "feel", id: "f" }, { use: "feel", id: "g" }], { place: { after: "f" }, at: [9, 9] });

  assert.deepEqual(op, {
    op: "paste",
    steps: [{ use: "feel", id: "f" }, { use: "feel", id: "g" }],
    place: { after: "f" },
    at: { f: [9, 9], g: [33, 149] },
  });
});

test("steps of one list that follow each other can become a pipeline, in a graph any of one list", () => {
  const line = boardOf([{ id: "a", use: "feel" }, { id: "b", use: "feel" }, { id: "c", use: "feel" }]);
  const net = boardOf([{ id: "a", use: "feel" }, { id: "b", use: "feel" }, { id: "c", use: "feel" }], "graph");
  const deep = nested();

  assert.equal(edits.whyNotPack(line, new Set(["a", "b"])), "");
  assert.match(edits.whyNotPack(line, new Set(["a", "c"])), /follow each other/);
  assert.equal(edits.whyNotPack(net, new Set(["a", "c"])), "");
  assert.match(edits.whyNotPack(deep, new Set(["fetch", "feel"])), /one list/);
  assert.match(edits.whyNotPack(nested("race"), new Set(["translate", "feel"])), /way of its own/);
  assert.match(edits.whyNotPack(line, new Set()), /Select/);
  assert.deepEqual(edits.pack(deep, new Set(["around", "feel"]), "p"), [{ op: "pack", steps: ["around"], name: "p" }]);
});
