/** Finding cards by words. */
import { drawnCards } from "./board.ts";
import type { Board, Card } from "./protocol.ts";

/** The cards in which every word occurs, best first; none for an empty text. */
export function find(board: Board, text: string): Card[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return drawnCards(board)
    .map((card) => ({ card, rank: rank(card, words) }))
    .filter(({ rank: found }) => found > 0)
    .sort((one, other) => other.rank - one.rank)
    .map(({ card }) => card);
}

/** How well a card fits: a name counts more than what is said about it; 0 lacks a word. */
function rank(card: Card, words: readonly string[]): number {
  const name = `${card.id} ${card.title}`.toLowerCase();
  const ports = [...card.inputs, ...card.outputs].map((port) => `${port.name} ${port.scope}`);
  const rest = `${card.kind} ${card.about} ${card.note} ${ports.join(" ")}`.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const found = name.startsWith(word) ? 4 : name.includes(word) ? 3 : rest.includes(word) ? 1 : 0;
    if (!found) return 0;
    sum += found;
  }
  return sum;
}
