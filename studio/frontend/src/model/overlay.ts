/**
 * What has been asked for and not yet seen done, laid over the board.
 *
 * Moves, new cards, notes, wires, values and names show at once. Anything else only marks the
 * cards that it touches as pending. Everything here gives new boards and leaves the old alone.
 */
import { CARD_WIDTH, cardOf, childrenOf, within } from "./board.ts";
import { cardHeight } from "./geometry.ts";
import type { Board, Card, Operation, PaletteItem, Place, Port, Step, Wire } from "./protocol.ts";

export interface Laid {
  readonly board: Board;
  /** Ids of cards that an edit on its way touches. */
  readonly pending: ReadonlySet<string>;
}

/** Things known from the palette, by name; a new card takes its ports from there. */
export type Known = ReadonlyMap<string, PaletteItem>;

/** Lay operations over a board, in order. */
export function lay(board: Board, ops: Iterable<Operation>, known: Known): Laid {
  const pending = new Set<string>();
  let shown = board;
  for (const op of ops) {
    for (const id of touched(op)) pending.add(id);
    shown = layOne(shown, op, known);
  }
  return { board: shown, pending };
}

/** The ids of the cards that an operation touches, places aside. */
function touched(op: Operation): readonly string[] {
  switch (op.op) {
    case "insert":
      return typeof op.step.id === "string" ? [op.step.id] : [];
    case "wrap":
    case "pack":
      return op.steps;
    case "rename":
      return [op.to];
    case "move":
    case "unwrap":
    case "unpack":
    case "guard":
    case "unguard":
    case "kind":
      return [op.step];
    default:
      return [];
  }
}

function layOne(board: Board, op: Operation, known: Known): Board {
  switch (op.op) {
    case "place":
      return changeCards(board, (card) => {
        const spot = op.at[card.id];
        return spot ? { ...card, x: spot[0], y: spot[1] } : card;
      });
    case "insert":
      return insert(board, op.step, op.place ?? {}, known);
    case "remove":
      return remove(board, op.step);
    case "note":
      return changeCard(board, op.step, (card) => ({ ...card, note: op.text }));
    case "pin":
      return changeCard(board, op.step, (card) => ({ ...card, pins: op.ports }));
    case "read":
      return read(board, op.step, op.input, op.from);
    case "leave":
      return leave(board, op.step, op.input);
    case "after":
      return changeCard(board, op.step, (card) =>
        card.after.includes(op.wait_for) ? card : { ...card, after: [...card.after, op.wait_for] },
      );
    case "not_after":
      return changeCard(board, op.step, (card) => ({
        ...card,
        after: card.after.filter((id) => id !== op.wait_for),
      }));
    case "set":
      return setField(board, op.step, op.field, op.value, op.case ?? 0);
    case "rename":
      return rename(board, op.step, op.to);
    case "header":
      return header(board, op.field, op.value);
    default:
      return board;
  }
}

function changeCards(board: Board, change: (card: Card) => Card): Board {
  return { ...board, cards: board.cards.map(change) };
}

function changeCard(board: Board, id: string, change: (card: Card) => Card): Board {
  return changeCards(board, (card) => (card.id === id ? change(card) : card));
}

/** Where in which list a place is. */
export function resolve(board: Board, place: Place): Pick<Card, "parent" | "slot" | "case" | "at"> {
  const beside = cardOf(board, place.before ?? place.after ?? null);
  if (beside) {
    const { parent, slot, case: of, at } = beside;
    return { parent, slot, case: of, at: place.before === undefined ? at + 1 : at };
  }
  const parent = place.into ?? null;
  const slot = place.slot ?? "steps";
  const of = place.case ?? 0;
  const there = childrenOf(board, parent).filter((card) => card.slot === slot && card.case === of);
  return { parent, slot, case: of, at: Math.min(place.at ?? there.length, there.length) };
}

/** What the keys of a written step say that it is, and what it is about. */
function written(step: Step): { kind: string; title: string } {
  const kinds = { use: "use", call: "call", wait_for: "wait", approve: "wait", when: "branch", choose: "branch" };
  for (const [key, kind] of Object.entries(kinds)) {
    if (key in step) return { kind, title: String(step[key]) };
  }
  const kind = ["each", "repeat", "race", "fallback", "parallel", "graph"].find((key) => key in step);
  return { kind: kind ?? "sequence", title: kind ?? "sequence" };
}

function insert(board: Board, step: Step, place: Place, known: Known): Board {
  const id = typeof step.id === "string" ? step.id : "";
  if (!id || cardOf(board, id)) return board;
  const { kind, title } = written(step);
  const item = known.get(title);
  const to = (typeof step.to === "object" && step.to !== null ? step.to : {}) as Step;
  const named = (port: Port): Port => ({ ...port, scope: String(to[port.name] ?? port.scope) });
  const parts = {
    inputs: item?.inputs ?? [],
    outputs: item?.outputs.map(named) ?? [],
    policies: [],
    pins: [],
  };
  const container = !["use", "call", "wait"].includes(kind);
  const card: Card = {
    id,
    kind,
    title,
    about: item?.about ?? "",
    note: "",
    ...resolve(board, place),
    ...parts,
    fields: [],
    after: [],
    x: 0,
    y: 0,
    width: CARD_WIDTH,
    height: container ? 120 : cardHeight(parts),
    status: "",
    container,
  };
  const moved = board.cards.map((other) =>
    sameList(other, card) && other.at >= card.at ? { ...other, at: other.at + 1 } : other,
  );
  return { ...board, cards: [...moved, card] };
}

function sameList(one: Card, other: Card): boolean {
  return one.parent === other.parent && one.slot === other.slot && one.case === other.case;
}

function remove(board: Board, id: string): Board {
  const gone = within(board, id);
  return {
    ...board,
    cards: board.cards
      .filter((card) => !gone.has(card.id))
      .map((card) =>
        card.after.some((other) => gone.has(other))
          ? { ...card, after: card.after.filter((other) => !gone.has(other)) }
          : card,
      ),
    wires: board.wires.filter((wire) => !gone.has(wire.target) && !gone.has(wire.source ?? "")),
    problems: board.problems.filter((problem) => !gone.has(problem.step)),
  };
}

/** The card that makes a name for `target`: the last one before it, else any, else the inputs. */
function makerOf(board: Board, target: string, name: string): Card | undefined {
  const makers = (cards: readonly Card[]): Card | undefined =>
    cards.findLast((card) => card.id !== target && card.outputs.some((port) => port.scope === name));
  const at = board.cards.findIndex((card) => card.id === target);
  return makers(board.cards.slice(0, at)) ?? makers(board.cards.slice(at + 1));
}

function read(board: Board, target: string, input: string, name: string): Board {
  const maker = makerOf(board, target, name);
  const wire: Wire = {
    id: `pending:${target}.${input}`,
    source: maker?.id ?? null,
    output: maker?.outputs.find((port) => port.scope === name)?.name ?? name,
    name,
    target,
    input,
    certain: true,
  };
  const known = maker !== undefined || board.inputs.some((port) => port.name === name);
  const left = changeCard(leave(board, target, input), target, (card) => ({
    ...card,
    inputs: card.inputs.map((port) => (port.name === input && port.idle ? { ...port, idle: false } : port)),
  }));
  return {
    ...left,
    wires: known ? [...left.wires, wire] : left.wires,
    problems: left.problems.filter((problem) => problem.step !== target || problem.name !== input),
  };
}

function leave(board: Board, target: string, input: string): Board {
  return {
    ...board,
    wires: board.wires.filter((wire) => wire.target !== target || wire.input !== input),
  };
}

function setField(board: Board, id: string, name: string, value: unknown, of: number): Board {
  return changeCard(board, id, (card) => ({
    ...card,
    inputs: name === "set" ? card.inputs.map((port) => fixed(port, value)) : card.inputs,
    fields: card.fields.map((field) =>
      field.name === name && field.case === of ? { ...field, value } : field,
    ),
  }));
}

function fixed(port: Port, values: unknown): Port {
  const given = (typeof values === "object" && values !== null ? values : {}) as Step;
  const { set: _before, ...rest } = port;
  return port.name in given ? { ...rest, idle: false, set: given[port.name] } : rest;
}

function rename(board: Board, from: string, to: string): Board {
  if (!cardOf(board, from) || cardOf(board, to)) return board;
  const now = (id: string): string => (id === from ? to : id);
  return {
    ...board,
    root: now(board.root),
    cards: board.cards.map((card) => ({
      ...card,
      id: now(card.id),
      parent: card.parent === null ? null : now(card.parent),
      after: card.after.map(now),
    })),
    wires: board.wires.map((wire) => ({
      ...wire,
      source: wire.source === null ? null : now(wire.source),
      target: now(wire.target),
    })),
    problems: board.problems.map((problem) => ({ ...problem, step: now(problem.step) })),
  };
}

function header(board: Board, field: string, value: unknown): Board {
  const text = value === null || value === undefined ? "" : String(value);
  if (field === "pipeline") return { ...board, name: text };
  if (field === "intent") return { ...board, intent: text };
  return field === "version" ? { ...board, version: text } : board;
}
