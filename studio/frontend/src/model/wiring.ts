/** Making a wire without a mouse: take a port in hand, walk through what fits, press Enter. */
import { INPUTS, cardOf } from "./board.ts";
import { type End, canJoin, endsThatFit, join, portAt } from "./fits.ts";
import type { Board, Operation } from "./protocol.ts";

/** A wire in hand: where it begins, where it could end, and which of those is meant. */
export interface Wiring {
  readonly end: End;
  readonly choices: readonly End[];
  readonly at: number;
}

/** Take a port in hand. Ends of the nearest cards come first. */
export function take(board: Board, end: End): Wiring {
  const order = new Map(board.cards.map((card, index) => [card.id, index]));
  const here = order.get(end.card) ?? -1;
  const far = (other: End): number => {
    const there = other.card === INPUTS ? -1 : (order.get(other.card) ?? 0);
    const backwards = end.side === "output" ? there < here : there > here;
    return Math.abs(there - here) + (backwards ? board.cards.length : 0);
  };
  const choices = endsThatFit(board, end).sort((one, other) => far(one) - far(other));
  return { end, choices, at: 0 };
}

/** Go on to the next choice, or back; the last is followed by the first. */
export function step(wiring: Wiring, by: number): Wiring {
  const count = wiring.choices.length;
  return count ? { ...wiring, at: (wiring.at + by + count) % count } : wiring;
}

/** The edits that draw the wire to the choice. */
export function finish(board: Board, wiring: Wiring): Operation[] {
  const other = wiring.choices[wiring.at];
  return other && canJoin(board, wiring.end, other) ? join(board, wiring.end, other) : [];
}

/** An end in words. */
export function sayEnd(board: Board, end: End): string {
  const whose = end.card === INPUTS ? "pipeline's input" : (cardOf(board, end.card)?.id ?? end.card);
  const type = board.types[portAt(board, end)?.type ?? ""]?.name;
  return `${whose} · ${end.port}${type ? ` (${type})` : ""}`;
}
