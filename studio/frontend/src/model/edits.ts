/** What people mean, as edit operations. */
import {
  CARD_WIDTH,
  above,
  cardOf,
  childrenOf,
  freeId,
  groundOf,
  kindAround,
  outermost,
} from "./board.ts";
import { type End, canJoin, endsOfWire, join, outNames } from "./fits.ts";
import { type Box, boxOf, boxes, cornerOf } from "./geometry.ts";
import { lay } from "./overlay.ts";
import type { Board, Card, Operation, PaletteItem, Place, Port, Spot, Step, Wire } from "./protocol.ts";

export interface Drop {
  readonly place: Place;
  /** Where it stands, in the pixels of the card around it; null leaves it to Python. */
  readonly at: Spot | null;
}

/** The end of the file's own list. */
export function atEnd(board: Board): Place {
  return { into: groundOf(board) };
}

/** Where a new step goes when no place was shown: behind the selected one, or at the end. */
export function placeFor(board: Board, selected: ReadonlySet<string>): Place {
  const [last] = board.cards.filter((card) => selected.has(card.id)).slice(-1);
  return last ? { after: last.id } : atEnd(board);
}

/** Put in a capability or a pipeline; give its id and the edits. */
export function add(board: Board, item: PaletteItem, drop: Drop): { id: string; ops: Operation[] } {
  const id = freeId(idsOf(board), slug(item.name));
  const to = item.kind === "use" || item.kind === "call" ? clashFree(board, item, drop.place) : null;
  const step: Step = { [item.kind]: item.name, id, ...(to ? { to } : {}) };
  return { id, ops: insertion(step, id, drop) };
}

/** Put in a step of another kind, ready to be filled. */
export function addKind(board: Board, kind: string, drop: Drop): { id: string; ops: Operation[] } {
  const id = freeId(idsOf(board), STARTS[kind]?.id ?? kind);
  const over = kind === "each" ? { over: listBefore(board, drop.place) } : {};
  return { id, ops: insertion({ ...(STARTS[kind]?.step ?? { [kind]: [] }), ...over, id }, id, drop) };
}

/** The list to walk that is likely meant: the last that is made before, with a name for one item. */
function listBefore(board: Board, place: Place): { [item: string]: string } {
  const beside = cardOf(board, place.after ?? place.before ?? null);
  const parent = beside ? beside.parent : (place.into ?? null);
  const made = [...childrenOf(board, parent), ...(beside ? [beside] : [])].flatMap((card) => card.outputs);
  const lists = made.filter((port) => !port.inside && /^list\b/.test(board.types[port.type]?.name ?? ""));
  const list = lists.at(-1)?.scope;
  if (!list) return {};
  return { [/[^s]s$/.test(list) ? list.slice(0, -1) : "item"]: list };
}

/** Steps of our own kinds, as a new one is written. */
const STARTS: { readonly [kind: string]: { id: string; step: Step } } = {
  when: { id: "choice", step: { when: "true", then: [] } },
  each: { id: "each", step: { each: [], over: {}, into: {} } },
  repeat: { id: "repeat", step: { repeat: [], until: "true", at_most: 3 } },
  wait: { id: "wait", step: { wait_for: "event" } },
  approve: { id: "approval", step: { approve: "Go on?", into: "approved" } },
};

function insertion(step: Step, id: string, { place, at }: Drop): Operation[] {
  const ops: Operation[] = [{ op: "insert", step, place }];
  return at ? [...ops, { op: "place", at: { [id]: at } }] : ops;
}

export function idsOf(board: Board): Set<string> {
  return new Set(board.cards.map((card) => card.id));
}

function slug(name: string): string {
  return name.replace(/[^\w-]+/g, "_") || "step";
}

/** Put in copied steps, below one another; Python gives them names of their own where theirs would clash. */
export function paste(steps: readonly Step[], { place, at }: Drop): Operation {
  const spots = steps.flatMap((step, index) => {
    const id = typeof step.id === "string" ? step.id : "";
    return at && id ? [[id, [at[0] + 24 * index, at[1] + 140 * index]] as const] : [];
  });
  return { op: "paste", steps, place, at: Object.fromEntries(spots) };
}

/** Put in a step between the ends of a wire, as far as it fits them. */
export function addBetween(board: Board, item: PaletteItem, wire: Wire, drop: Drop): { id: string; ops: Operation[] } {
  const { at, aside } = roomOn(board, wire);
  const made = add(board, item, at ? { ...drop, at } : drop);
  const { board: then } = lay(board, made.ops, new Map([[item.name, item]]));
  const card = cardOf(then, made.id);
  const { from, to } = endsOfWire(board, wire);
  const end = (port: Port, side: End["side"]): End => ({ card: made.id, port: port.name, side, inside: false });
  const input = card?.inputs.map((port) => end(port, "input")).find((one) => canJoin(then, from, one));
  const output = card?.outputs.map((port) => end(port, "output")).find((one) => canJoin(then, one, to));
  const joints = [...(input ? join(then, from, input) : []), ...(output ? join(then, output, to) : [])];
  return { id: made.id, ops: [...made.ops, ...aside, ...joints] };
}

const BETWEEN = 72;

/** Where a card between two beside each other stands, and what makes way for it to the right. */
function roomOn(board: Board, wire: Wire): { at: Spot | null; aside: Operation[] } {
  const found = boxes(board);
  const target = cardOf(board, wire.target);
  const source = cardOf(board, wire.source);
  const [begin, end] = [source && found.get(source.id), target && found.get(target.id)];
  const left = begin ? begin.x + begin.width : 0;
  if (!begin || !end || source?.parent !== target?.parent || end.x < left) return { at: null, aside: [] };
  const lacking = CARD_WIDTH + 2 * BETWEEN - (end.x - left);
  const later = childrenOf(board, target?.parent ?? null).filter((card) => card.x >= end.x && card.id !== source?.id);
  const moved = Object.fromEntries(later.map((card) => [card.id, [card.x + lacking, card.y] as const]));
  return { at: [left + BETWEEN, end.y], aside: lacking > 0 ? [{ op: "place", at: moved }] : [] };
}

/** Names of its own for outputs that another step of the same graph makes already. */
function clashFree(board: Board, item: { outputs: readonly Pick<Port, "name" | "scope">[] }, place: Place): Step | null {
  const beside = cardOf(board, place.before ?? place.after ?? null);
  const parent = beside ? beside.parent : (place.into ?? null);
  if (!["graph", "parallel"].includes(kindAround(board, parent))) return null;
  const scopes = childrenOf(board, parent).flatMap((card) => card.outputs.map((port) => port.scope));
  const taken = new Set(scopes);
  const wish = ({ name, scope }: Pick<Port, "name" | "scope">): string => scope || name;
  if (!item.outputs.some((port) => taken.has(wish(port)))) return null;
  return Object.fromEntries(item.outputs.map((port) => [port.name, freeId(taken, wish(port))]));
}

/** Put in a step at the other end of a wire that was dropped on empty ground. */
export function addJoined(board: Board, item: PaletteItem, end: End, drop: Drop): { id: string; ops: Operation[] } {
  const made = add(board, item, drop);
  const known = new Map([[item.name, item]]);
  const { board: then } = lay(board, made.ops, known);
  const card = cardOf(then, made.id);
  const ports: readonly Port[] = (end.side === "output" ? card?.inputs : card?.outputs) ?? [];
  const side = end.side === "output" ? "input" : "output";
  const other = ports
    .map((port): End => ({ card: made.id, port: port.name, side, inside: false }))
    .find((one) => canJoin(then, end, one));
  return { id: made.id, ops: other ? [...made.ops, ...join(then, end, other)] : made.ops };
}

/** Take cards out; what is inside them goes too. */
export function remove(board: Board, ids: ReadonlySet<string>): Operation[] {
  return outermost(board, ids).map((card) => ({ op: "remove", step: card.id }));
}

/** Whether cards stand next to each other in one list, so that they can be wrapped. */
export function areNeighbours(board: Board, ids: ReadonlySet<string>): boolean {
  const cards = outermost(board, ids).sort((one, other) => one.at - other.at);
  const [first] = cards;
  return (
    first !== undefined &&
    cards.every(
      (card, index) =>
        card.parent === first.parent &&
        card.slot === first.slot &&
        card.case === first.case &&
        card.at === first.at + index,
    )
  );
}

export const WRAPS: readonly { kind: string; text: string; fields: Step }[] = [
  { kind: "parallel", text: "At the same time", fields: {} },
  { kind: "each", text: "For each item", fields: { over: {}, into: {} } },
  { kind: "repeat", text: "Repeat until", fields: { until: "true", at_most: 3 } },
  { kind: "when", text: "Only if", fields: { when: "true" } },
  { kind: "race", text: "Race: the first counts", fields: {} },
  { kind: "fallback", text: "Fallback: else the next", fields: {} },
  { kind: "sequence", text: "One after the other", fields: {} },
];

/** Put the selected steps into a new one of a kind. */
export function wrap(board: Board, ids: ReadonlySet<string>, kind: string): Operation[] {
  const fields = WRAPS.find((one) => one.kind === kind)?.fields ?? {};
  const steps = outermost(board, ids).sort((one, other) => one.at - other.at);
  return steps.length ? [{ op: "wrap", steps: steps.map((card) => card.id), kind, fields }] : [];
}

/** Why these steps cannot become a pipeline of their own; empty when they can. */
export function whyNotPack(board: Board, ids: ReadonlySet<string>): string {
  const cards = outermost(board, ids);
  const [first] = cards;
  if (!first) return "Select steps first";
  if (cards.some((card) => card.parent !== first.parent || card.slot !== first.slot || card.case !== first.case)) {
    return "Only steps of one list can become a pipeline";
  }
  const kind = kindAround(board, first.parent);
  if (["race", "fallback"].includes(kind) && cards.length > 1) return "Each of these is a way of its own; choose one";
  const apart = ["graph", "parallel"].includes(kind) || areNeighbours(board, ids);
  return apart ? "" : "Only steps that follow each other can become a pipeline";
}

/** Make a saved pipeline of steps, and call it in their place. */
export function pack(board: Board, ids: ReadonlySet<string>, name: string): Operation[] {
  const steps = outermost(board, ids).map((card) => card.id);
  return steps.length && name ? [{ op: "pack", steps, name }] : [];
}

/** Move a step by one in its list. */
export function shift(board: Board, id: string, by: 1 | -1): Operation[] {
  const card = cardOf(board, id);
  const beside = card && childrenOf(board, card.parent).find((other) => inList(card, other, card.at + by));
  if (!beside) return [];
  const place = by === 1 ? { after: beside.id } : { before: beside.id };
  return [{ op: "move", step: id, place }];
}

function inList(card: Card, other: Card, at: number): boolean {
  return other.slot === card.slot && other.case === card.case && other.at === at;
}

/** Put a step into another list, standing where it was dropped. */
export function moveInto(board: Board, id: string, drop: Drop): Operation[] {
  const card = cardOf(board, id);
  const into = cardOf(board, drop.place.into ?? null);
  if (!card || (into && [into, ...above(board, into)].some((one) => one.id === id))) return [];
  const ops: Operation[] = [{ op: "move", step: id, place: drop.place }];
  return drop.at ? [...ops, { op: "place", at: { [id]: drop.at } }] : ops;
}

/** Fix an input's value; undefined leaves it to its wire or its default again. */
export function fixValue(card: Card, input: string, value: unknown): Operation {
  const known = card.inputs.filter((port) => port.set !== undefined && !port.inside);
  const values = Object.fromEntries(known.map((port) => [port.name, port.set]));
  if (value === undefined) delete values[input];
  else values[input] = value;
  return { op: "set", step: card.id, field: "set", value: Object.keys(values).length ? values : null };
}

/** Write another policy in place of one: those outside it are taken off and put back. */
export function changePolicy(card: Card, at: number, policy: Step): Operation[] {
  const off = card.policies.map((_, index) => index).filter((index) => index >= at).reverse();
  const back = [policy, ...card.policies.slice(at + 1).map((one) => one.written as Step)];
  return [
    ...off.map((index): Operation => ({ op: "unguard", step: card.id, at: index })),
    ...back.map((one): Operation => ({ op: "guard", step: card.id, policy: one })),
  ];
}

/** Call an output otherwise for other steps; an empty name keeps it out of their sight. */
export function nameOutput(card: Card, output: string, name: string): Operation {
  const { [output]: _old, ...others } = outNames(card, output, name);
  const value = name ? { ...others, [output]: name } : others;
  const ports = card.outputs.filter((port) => !port.inside);
  const plain = ports.length === Object.keys(value).length && ports.every((port) => value[port.name] === port.name);
  return { op: "set", step: card.id, field: "to", value: plain ? null : value };
}

export type Side = "left" | "right" | "top" | "bottom" | "middle" | "centre";

/** Stand cards in line; only those of one list have a line in common. */
export function align(board: Board, ids: ReadonlySet<string>, side: Side, found: Map<string, Box>): Operation[] {
  const cards = outermost(board, ids);
  const whole = boxOf(board, ids, found);
  if (cards.length < 2 || !whole) return [];
  const at: { [id: string]: Spot } = {};
  for (const card of cards) {
    const box = found.get(card.id);
    if (!box) continue;
    const [left, top] = cornerOf(board, card.id, found);
    const x = { left: whole.x, right: whole.x + whole.width - box.width, centre: whole.x + (whole.width - box.width) / 2 };
    const y = { top: whole.y, bottom: whole.y + whole.height - box.height, middle: whole.y + (whole.height - box.height) / 2 };
    const dx = side in x ? x[side as keyof typeof x] - left : 0;
    const dy = side in y ? y[side as keyof typeof y] - top : 0;
    at[card.id] = [Math.round(card.x + dx), Math.round(card.y + dy)];
  }
  return [{ op: "place", at }];
}

/** Lay everything out anew, with cards as large as they are drawn. */
export function arrange(board: Board, found: Map<string, Box>): Operation {
  const leaves = board.cards.filter((card) => !card.container);
  const sizes = leaves.flatMap((card) => {
    const box = found.get(card.id);
    return box ? [[card.id, [box.width, box.height]] as const] : [];
  });
  return { op: "arrange", sizes: Object.fromEntries(sizes) };
}
