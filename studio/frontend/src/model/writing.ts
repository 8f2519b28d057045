/** A card as its step stands in the file, so that it can be copied without asking Python. */
import { childrenOf } from "./board.ts";
import type { Board, Card, Port, Step } from "./protocol.ts";

/** A step with everything inside it. Fixed secrets stay behind: nobody finds them on a clipboard. */
export function stepOf(board: Board, card: Card): Step {
  const inside = childrenOf(board, card.id);
  const list = (slot: string, of = 0): Step[] =>
    inside
      .filter((child) => child.slot === slot && child.case === of)
      .sort((one, other) => one.at - other.at)
      .map((child) => stepOf(board, child));
  const called = card.fields.some((field) => field.name === "use" || field.name === "call");
  const otherwise = list("otherwise");
  return dropEmpty({
    ...body(card, list),
    id: card.id,
    ...(called ? { from: readsOf(card), set: valuesOf(card) } : {}),
    otherwise: otherwise.length ? otherwise : null,
    after: card.after.length ? card.after : null,
    with: card.policies.length ? card.policies.map((policy) => policy.written) : null,
  });
}

function body(card: Card, list: (slot: string, of?: number) => Step[]): Step {
  const fields = card.fields.filter((field) => field.name !== "when");
  const own = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  if (card.kind !== "branch") return card.container && card.kind !== "wait" ? { [card.kind]: list("steps"), ...own } : own;
  const cases = card.fields.filter((field) => field.name === "when");
  const ways = cases.map((field) => ({ when: field.value, then: list("then", field.case) }));
  return ways.length === 1 ? { ...ways[0], ...own } : { choose: ways, ...own };
}

/** What it reads under other names; null leaves an input to its default. */
function readsOf(card: Card): Step | null {
  const read = (port: Port): boolean => !port.inside && port.set === undefined && port.scope !== port.name;
  const reads = card.inputs.filter(read).map((port) => [port.name, port.scope || null]);
  return reads.length ? Object.fromEntries(reads) : null;
}

function valuesOf(card: Card): Step | null {
  const fixed = card.inputs.filter((port) => port.set !== undefined && !port.secret);
  return fixed.length ? Object.fromEntries(fixed.map((port) => [port.name, port.set])) : null;
}

function dropEmpty(step: Step): Step {
  return Object.fromEntries(Object.entries(step).filter(([, value]) => value !== null && value !== undefined));
}
