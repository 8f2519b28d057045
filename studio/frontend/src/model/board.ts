/** Questions about a board: who is where, what reads what, and how large things are. */
import type { Board, Card, Port, Types, Wire } from "./protocol.ts";

export const EMPTY: Board = {
  name: "",
  intent: "",
  version: "",
  kind: "sequence",
  root: "",
  cards: [],
  wires: [],
  problems: [],
  inputs: [],
  outputs: [],
  types: {},
};

/** The id under which the pipeline's own inputs are drawn; no step can have it. */
export const INPUTS = "@inputs";

/** The step whose outputs are those of the whole run, when a value is asked for. */
export const OUTPUTS = "@outputs";

/** Sizes in pixels, the same as Python's when it lays cards out. */
export const CARD_WIDTH = 240;
export const HEAD = 56;
export const ROW = 24;
export const BADGES = 26;
export const PADDING = 20;
export const FOOT = 10;

interface Index {
  readonly byId: ReadonlyMap<string, Card>;
  readonly byParent: ReadonlyMap<string | null, readonly Card[]>;
}

/** Boards do not change, so each list of cards is looked through once. */
const indexes = new WeakMap<readonly Card[], Index>();

function indexOf({ cards }: Board): Index {
  let index = indexes.get(cards);
  if (!index) {
    const byId = new Map([...cards].reverse().map((card) => [card.id, card]));
    index = { byId, byParent: Map.groupBy(cards, (card) => card.parent) };
    indexes.set(cards, index);
  }
  return index;
}

/** The card of that id. */
export function cardOf(board: Board, id: string | null): Card | undefined {
  return id === null ? undefined : indexOf(board).byId.get(id);
}

/** The cards that are drawn: all but the one that is the ground. */
export function drawnCards(board: Board): readonly Card[] {
  return board.root ? board.cards.filter((card) => card.id !== board.root) : board.cards;
}

/** The cards directly inside a card, or outermost ones, in the file's order. */
export function childrenOf(board: Board, parent: string | null): readonly Card[] {
  return indexOf(board).byParent.get(parent) ?? [];
}

/** A card's ancestors, nearest first. */
export function above(board: Board, card: Card): Card[] {
  const found: Card[] = [];
  let around = cardOf(board, card.parent);
  while (around && !found.includes(around)) {
    found.push(around);
    around = cardOf(board, around.parent);
  }
  return found;
}

const LOOPS: ReadonlySet<string> = new Set(["each", "repeat", "race", "fallback"]);

/** Whether a step has one value in each run, so that it can be pinned. */
export function canBePinned(board: Board, card: Card): boolean {
  return card.kind === "use" && !above(board, card).some((around) => LOOPS.has(around.kind));
}

/** The ids of a card and everything inside it. */
export function within(board: Board, id: string): Set<string> {
  const found = new Set([id]);
  for (const card of board.cards) {
    if (card.parent !== null && found.has(card.parent)) found.add(card.id);
  }
  return found;
}

/** Of several cards, those that are not inside another of them, in reading order. */
export function outermost(board: Board, ids: ReadonlySet<string>): Card[] {
  return board.cards.filter(
    (card) => ids.has(card.id) && !above(board, card).some((around) => ids.has(around.id)),
  );
}

/** What kind of list a card stands in: `sequence`, `graph`, `parallel`, `race`, ... */
export function kindAround(board: Board, parent: string | null): string {
  const card = cardOf(board, parent);
  if (!card) return board.kind;
  const lists = ["graph", "parallel", "race", "fallback"];
  return lists.includes(card.kind) ? card.kind : "sequence";
}

/** The id under which the file's own list is reached: its root step, if it has one. */
export function groundOf(board: Board): string | null {
  return board.root || null;
}

/** Cards that stand on the ground, whether the file has a root step or only a list. */
export function onGround(board: Board, parent: string | null): boolean {
  return parent === null || parent === board.root;
}

/** How people write a type. */
export function typeName(types: Types, id: string): string {
  return types[id]?.name ?? id;
}

/** Whether a value of the type `output` may flow into the type `input`. */
export function typeFits(types: Types, output: string, input: string): boolean {
  return types[input]?.fits.includes(output) ?? false;
}

export function outerPorts(ports: readonly Port[]): Port[] {
  return ports.filter((port) => !port.inside);
}

export function insidePorts(ports: readonly Port[]): Port[] {
  return ports.filter((port) => port.inside);
}

/** Whether a wire begins at the inner side of its source's border. */
export function beginsInside(board: Board, wire: Wire): boolean {
  const target = cardOf(board, wire.target);
  return target !== undefined && above(board, target).some((card) => card.id === wire.source);
}

/** An id that no card has: the wish itself, or with a number, as the file writes it. */
export function freeId(taken: ReadonlySet<string>, wish: string): string {
  let id = wish;
  for (let count = 2; taken.has(id); count++) id = `${wish}_${count}`;
  return id;
}
