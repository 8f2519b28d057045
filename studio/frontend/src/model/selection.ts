/** What is selected, and how arrow keys walk over the cards. */
import { drawnCards, onGround } from "./board.ts";
import { type Box, cornerOf } from "./geometry.ts";
import type { Board } from "./protocol.ts";

export interface Selection {
  readonly cards: ReadonlySet<string>;
  readonly wires: ReadonlySet<string>;
}

export const NONE: Selection = { cards: new Set(), wires: new Set() };

export function only(card: string): Selection {
  return { cards: new Set([card]), wires: new Set() };
}

/** Select one more, or one less. */
export function toggle(selection: Selection, card: string): Selection {
  const cards = new Set(selection.cards);
  if (!cards.delete(card)) cards.add(card);
  return { ...selection, cards };
}

/** Keep only what is still there; the same object when that is all. */
export function restrict(selection: Selection, board: Board): Selection {
  const there = new Set(board.cards.map((card) => card.id));
  const drawn = new Set(board.wires.map((wire) => wire.id));
  const cards = [...selection.cards].filter((id) => there.has(id));
  const wires = [...selection.wires].filter((id) => drawn.has(id));
  const same = cards.length === selection.cards.size && wires.length === selection.wires.size;
  return same ? selection : { cards: new Set(cards), wires: new Set(wires) };
}

/** A selected card has another id now. */
export function renamed(selection: Selection, from: string, to: string): Selection {
  if (!selection.cards.has(from)) return selection;
  return { ...selection, cards: new Set([...selection.cards].map((id) => (id === from ? to : id))) };
}

export type Direction = "left" | "right" | "up" | "down";

/** The card that an arrow key leads to: the nearest one that way, or the first of all. */
export function neighbour(board: Board, id: string | null, way: Direction, found: Map<string, Box>): string | null {
  const drawn = drawnCards(board);
  const [first] = drawn.filter((card) => onGround(board, card.parent));
  const from = id === null ? undefined : centre(board, id, found);
  if (!from) return first?.id ?? null;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const card of drawn) {
    const to = card.id === id ? undefined : centre(board, card.id, found);
    if (!to) continue;
    const [along, across] = ahead(way, to[0] - from[0], to[1] - from[1]);
    const far = along + 2 * Math.abs(across);
    if (along > 4 && far < least) [best, least] = [card.id, far];
  }
  return best;
}

function ahead(way: Direction, dx: number, dy: number): [along: number, across: number] {
  switch (way) {
    case "left":
      return [-dx, dy];
    case "right":
      return [dx, dy];
    case "up":
      return [-dy, dx];
    case "down":
      return [dy, dx];
  }
}

function centre(board: Board, id: string, found: Map<string, Box>): [number, number] | undefined {
  const box = found.get(id);
  if (!box) return undefined;
  const [x, y] = cornerOf(board, id, found);
  return [x + box.width / 2, y + Math.min(box.height, 120) / 2];
}
