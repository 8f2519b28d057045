/** What changed between two states of a document, as Python says it. */
import type { Board, ChangesMessage, DocumentMessage, ListChanges } from "../../src/model/protocol.ts";

export function difference(before: DocumentMessage, now: DocumentMessage): ChangesMessage {
  const { type: _type, board, text, mark = "", ...facts } = now;
  return {
    ...facts,
    type: "changes",
    since: before.mark ?? "",
    mark,
    text: text === before.text ? null : replaced(before.text, text),
    board: boardChanges(before.board, board),
  };
}

function replaced(old: string, now: string): [number, number, string] {
  let at = 0;
  while (at < Math.min(old.length, now.length) && old[at] === now[at]) at++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - at && old.at(-1 - end) === now.at(-1 - end)) end++;
  return [at, old.length - at - end, now.slice(at, now.length - end)];
}

function boardChanges(before: Board, now: Board): ChangesMessage["board"] {
  const { cards, wires, ...rest } = now;
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([key, value]) => !same(value, before[key as keyof Board]))),
    ...(same(cards, before.cards) ? {} : { cards: listChanges(before.cards, cards) }),
    ...(same(wires, before.wires) ? {} : { wires: listChanges(before.wires, wires) }),
  };
}

function listChanges<T extends { readonly id: string }>(before: readonly T[], now: readonly T[]): ListChanges<T> {
  const was = new Map(before.map((item) => [item.id, item]));
  const is = new Map(now.map((item) => [item.id, item]));
  if (was.size !== before.length || is.size !== now.length) return { all: now };
  const stays = now.filter((item) => was.has(item.id));
  const kept = before.filter((item) => is.has(item.id));
  return {
    gone: before.filter((item) => !is.has(item.id)).map((item) => item.id),
    put: now.flatMap((item, at) => (was.has(item.id) ? [] : [[at, item] as const])),
    set: stays.filter((item) => !same(item, was.get(item.id))).map((item) => parts(was.get(item.id) as T, item)),
    ...(stays.every((item, at) => item.id === kept[at]?.id) ? {} : { order: now.map((item) => item.id) }),
  };
}

function parts<T extends { readonly id: string }>(was: T, now: T): Partial<T> & { id: string } {
  const other = Object.entries(now).filter(([key, value]) => !same(value, was[key as keyof T]));
  return { ...(Object.fromEntries(other) as Partial<T>), id: now.id };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
