/** Take in what changed of a document; what did not change stays the same objects. */
import type { Board, ChangesMessage, DocumentMessage, ListChanges } from "./protocol.ts";

/** The document after changes that were made upon it. */
export function changed(document: DocumentMessage, message: ChangesMessage): DocumentMessage {
  const { type: _type, since: _since, text, board, ...facts } = message;
  return {
    ...document,
    ...facts,
    text: text ? spliced(document.text, text) : document.text,
    board: changedBoard(document.board, board),
  };
}

function spliced(text: string, [at, gone, put]: readonly [number, number, string]): string {
  return text.slice(0, at) + put + text.slice(at + gone);
}

function changedBoard(board: Board, change: ChangesMessage["board"]): Board {
  if (Object.keys(change).length === 0) return board;
  const { cards, wires, ...rest } = change;
  return {
    ...board,
    ...rest,
    cards: cards ? changedList(board.cards, cards) : board.cards,
    wires: wires ? changedList(board.wires, wires) : board.wires,
  };
}

function changedList<T extends { readonly id: string }>(list: readonly T[], change: ListChanges<T>): readonly T[] {
  if (change.all) return change.all;
  const gone = new Set(change.gone);
  const other = new Map(change.set?.map((part) => [part.id, part]));
  const stays = list
    .filter((item) => !gone.has(item.id))
    .map((item) => (other.has(item.id) ? { ...item, ...other.get(item.id) } : item));
  const put = change.put ?? [];
  if (change.order) {
    const byId = new Map([...stays, ...put.map(([, item]) => item)].map((item) => [item.id, item]));
    return change.order.flatMap((id) => byId.get(id) ?? []);
  }
  const made: T[] = [];
  let next = 0;
  for (const [at, item] of put) {
    while (made.length < at && next < stays.length) made.push(stays[next++] as T);
    made.push(item);
  }
  return made.concat(stays.slice(next));
}
