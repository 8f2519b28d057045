/** A generator of random numbers with a seed, and of random edits. */
import * as edits from "../src/model/edits.ts";
import { canJoin, cut, endsOf, join } from "../src/model/fits.ts";
import { boxes } from "../src/model/geometry.ts";
import type { Board, Operation } from "../src/model/protocol.ts";
import { CATALOG } from "../dev/host/catalog.ts";

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to 1, without it. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }
}

/** One thing that somebody might do to a board; an empty list where it cannot be done. */
export function randomEdit(random: Random, board: Board): Operation[] {
  const card = random.pick(board.cards);
  const item = random.pick(CATALOG);
  if (!item) return [];
  const drop = { place: edits.placeFor(board, new Set(card ? [card.id] : [])), at: [random.below(900), random.below(500)] as const };
  const many = board.cards.length > 20;
  if (card && many && random.chance(0.3)) return edits.remove(board, new Set([card.id]));
  const kinds: readonly (() => Operation[])[] = [
    () => edits.add(board, item, drop).ops,
    () => edits.add(board, item, { place: edits.atEnd(board), at: null }).ops,
    () => edits.addKind(board, random.pick(["when", "each", "repeat", "approve"]) ?? "when", drop).ops,
    () => (card && board.cards.length > 6 ? edits.remove(board, new Set([card.id])) : []),
    () => (card ? [{ op: "place", at: { [card.id]: [random.below(900), random.below(500)] } }] : []),
    () => (card ? [{ op: "note", step: card.id, text: `note ${random.below(99)}` }] : []),
    () => (card ? [{ op: "rename", step: card.id, to: `step_${random.below(40)}` }] : []),
    () => (card ? edits.shift(board, card.id, random.chance(0.5) ? 1 : -1) : []),
    () => (card ? edits.wrap(board, new Set([card.id]), random.pick(edits.WRAPS)?.kind ?? "parallel") : []),
    () => (card?.container ? [{ op: "unwrap", step: card.id }] : []),
    () => (card ? [{ op: "guard", step: card.id, policy: { timeout: random.below(60) } }] : []),
    () => (card ? moveSomewhere(random, board, card.id) : []),
    () => randomWire(random, board),
    () => [random.pick(board.wires)].flatMap((wire) => (wire ? [cut(wire)] : [])),
    () => [{ op: "header", field: "intent", value: `intent ${random.below(99)}` }],
    () => [{ op: "undo" }],
    () => [{ op: "redo" }],
    () => [{ op: "paste", steps: [{ use: item.name, id: item.name }], place: { into: null }, at: { [item.name]: [10, 10] } }],
    () => edits.align(board, new Set(board.cards.slice(0, 3).map((one) => one.id)), "left", boxes(board)),
  ];
  return random.pick(kinds)?.() ?? [];
}

function moveSomewhere(random: Random, board: Board, id: string): Operation[] {
  const into = random.pick(board.cards.filter((card) => card.container));
  const slot = into?.kind === "branch" ? "then" : "steps";
  return edits.moveInto(board, id, { place: { into: into?.id ?? null, slot }, at: [30, 80] });
}

function randomWire(random: Random, board: Board): Operation[] {
  const ends = endsOf(board);
  const from = random.pick(ends.filter((end) => end.side === "output"));
  const to = from && random.pick(ends.filter((end) => canJoin(board, from, end)));
  return from && to ? join(board, from, to) : [];
}
