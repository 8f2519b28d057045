/** What a step took and what it gave, to be looked at side by side. */
import { drawnCards, outerPorts } from "./board.ts";
import type { Board, Card, Port } from "./protocol.ts";

/** An input, and what may have given its value: outputs of steps, with the step `""` for the run's own inputs. */
export interface Taken {
  readonly port: Port;
  readonly from: readonly { readonly step: string; readonly port: string }[];
}

export function takenBy(board: Board, card: Card): Taken[] {
  return outerPorts(card.inputs).map((port) => ({
    port,
    from: board.wires
      .filter((wire) => wire.target === card.id && wire.input === port.name && port.set === undefined)
      .map((wire) => ({ step: wire.source ?? "", port: wire.output })),
  }));
}

/** The step before or after one in reading order; null at the ends. */
export function stepBeside(board: Board, id: string, by: 1 | -1): string | null {
  const cards = drawnCards(board);
  const at = cards.findIndex((card) => card.id === id);
  return at < 0 ? null : (cards[at + by]?.id ?? null);
}
