/** The faint edges that show what comes after what where no wire says so. */
import { above, cardOf, childrenOf, kindAround } from "./board.ts";
import type { Board } from "./protocol.ts";

export interface OrderEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** Written by somebody (`after`), so it can be taken away. */
  readonly written: boolean;
}

export function orderEdges(board: Board): OrderEdge[] {
  const wired = new Set(board.wires.map((wire) => pair(lift(board, wire.source, wire.target))));
  const found: OrderEdge[] = [];
  const parents = [null, ...board.cards.filter((card) => card.container).map((card) => card.id)];
  for (const parent of parents) {
    if (kindAround(board, parent) !== "sequence") continue;
    const rows = childrenOf(board, parent);
    rows.forEach((card, index) => {
      const next = rows[index + 1];
      if (!next || next.slot !== card.slot || next.case !== card.case) return;
      if (wired.has(pair([card.id, next.id]))) return;
      found.push({ id: `order:${card.id}:${next.id}`, source: card.id, target: next.id, written: false });
    });
  }
  for (const card of board.cards) {
    for (const before of card.after) {
      found.push({ id: `after:${before}:${card.id}`, source: before, target: card.id, written: true });
    }
  }
  return found.filter((edge) => cardOf(board, edge.source));
}

/** The two cards that stand in one list and hold the ends of a wire. */
function lift(board: Board, source: string | null, target: string): [string, string] | null {
  const from = cardOf(board, source);
  const to = cardOf(board, target);
  if (!from || !to) return null;
  const sources = [from, ...above(board, from)];
  for (const around of [to, ...above(board, to)]) {
    const beside = sources.find((card) => card.parent === around.parent);
    if (beside) return [beside.id, around.id];
  }
  return null;
}

function pair(ends: [string, string] | null): string {
  return ends ? JSON.stringify(ends) : "";
}
