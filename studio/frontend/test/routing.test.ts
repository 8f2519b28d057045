import assert from "node:assert/strict";
import { test } from "node:test";
import { boxes } from "../src/model/geometry.ts";
import type { Board } from "../src/model/protocol.ts";
import { pathThrough, routes } from "../src/model/routing.ts";
import { boardOf } from "./boards.ts";

/** Three pages in a row: the third reads what the first makes. */
function row(heights: readonly number[]): Board {
  const board = boardOf([
    { id: "fetch", use: "fetch_page", to: { text: "page" } },
    { id: "between", use: "translate", from: { text: "url" }, to: { text: "other" } },
    { id: "last", use: "translate", from: { text: "page" }, to: { text: "end" } },
    { id: "later", use: "translate", from: { text: "page" }, to: { text: "more" } },
  ]);
  const at: { [id: string]: number } = { fetch: 0, between: 320, last: 640, later: 640 };
  return { ...board, cards: board.cards.map((card, index) => ({ ...card, x: at[card.id] ?? 0, y: heights[index] ?? 0 })) };
}

const wireTo = (board: Board, id: string): string => board.wires.find((wire) => wire.target === id && wire.source === "fetch")?.id ?? "";

test("a wire that would run behind a card goes around it, and a free one keeps its curve", () => {
  const blocked = row([0, 0, 0, 400]);
  const free = row([0, 600, 0, 400]);

  const way = routes(blocked, boxes(blocked), null).get(wireTo(blocked, "last"));
  const box = boxes(blocked).get("between")!;

  assert.ok(way);
  for (const [x, y] of way.points) {
    assert.ok(x <= box.x || x >= box.x + box.width);
    assert.ok(y < box.y || y > box.y + box.height);
  }
  assert.equal(routes(free, boxes(free), null).has(wireTo(free, "last")), false);
});

test("wires of one port run as one", () => {
  const board = row([0, 0, 0, -60]);

  const ways = routes(board, boxes(board), null);
  const heights = ["last", "later"].map((id) => ways.get(wireTo(board, id))?.points[0]?.[1]);

  assert.ok(heights[0] !== undefined);
  assert.equal(heights[0], heights[1]);
});

test("a card far below takes no room from a wire's bends", () => {
  const board = row([0, 0, 0, 600]);
  const cards = board.cards.map((card) => (card.id === "later" ? { ...card, x: 395 } : card));
  const moved = { ...board, cards };

  const way = routes(moved, boxes(moved), null).get(wireTo(moved, "last"));
  const box = boxes(moved).get("between")!;

  assert.equal(way?.points.at(-1)?.[0], box.x + box.width + 10);
});

test("the inputs' wires pass the first card too", () => {
  const board = row([0, 0, 0, 400]);
  const reads = board.wires.find((wire) => wire.source === null && wire.target === "between");

  const ways = routes(board, boxes(board), { x: -240, y: 0, width: 150, height: 80 });

  assert.ok(reads);
  assert.ok(ways.has(reads.id));
});

test("a path is flat where it passes and bent between", () => {
  assert.equal(pathThrough([0, 0], [[10, 20], [30, 20]], [40, 0]), "M 0 0 C 5 0 5 20 10 20 L 30 20 C 35 20 35 0 40 0");
});
