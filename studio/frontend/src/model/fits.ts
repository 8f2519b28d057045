/** Which ports a wire may join, and the edits that draw it or take it away. */
import { INPUTS, above, beginsInside, cardOf, freeId, typeFits, typeName, within } from "./board.ts";
import type { Board, Card, Operation, Port, Wire } from "./protocol.ts";

/** One end of a wire: whose port, and whether a value comes out there or goes in. */
export interface End {
  readonly card: string;
  readonly port: string;
  readonly side: "input" | "output";
  readonly inside: boolean;
}

/** The name that React Flow and tests know an end by, within its card. */
export function handleOf(end: Omit<End, "card">): string {
  return `${end.side === "input" ? "in" : "out"}${end.inside ? "*" : ""}:${end.port}`;
}

export function readHandle(card: string, handle: string): End {
  const [kind = "", ...rest] = handle.split(":");
  const side = kind.startsWith("in") ? "input" : "output";
  return { card, port: rest.join(":"), side, inside: kind.endsWith("*") };
}

/** The port at an end. */
export function portAt(board: Board, end: End): Port | undefined {
  if (end.card === INPUTS) return board.inputs.find((port) => port.name === end.port);
  const card = cardOf(board, end.card);
  const ports = end.side === "input" ? card?.inputs : card?.outputs;
  return ports?.find((port) => port.name === end.port && Boolean(port.inside) === end.inside);
}

/** Every end of a board. */
export function endsOf(board: Board): End[] {
  const ground = board.inputs.map((port): End => {
    return { card: INPUTS, port: port.name, side: "output", inside: false };
  });
  return [...ground, ...board.cards.flatMap(cardEnds)];
}

function cardEnds(card: Card): End[] {
  const end = (port: Port, side: End["side"]): End => {
    return { card: card.id, port: port.name, side, inside: Boolean(port.inside) };
  };
  return [
    ...card.inputs.map((port) => end(port, "input")),
    ...card.outputs.map((port) => end(port, "output")),
  ];
}

/** Whether two ends may be joined. */
export function canJoin(board: Board, one: End, other: End): boolean {
  if (one.side === other.side) return false;
  const [from, to] = one.side === "output" ? [one, other] : [other, one];
  const output = portAt(board, from);
  const input = portAt(board, to);
  if (!output || !input || to.inside) return false;
  return typeFits(board.types, output.type, input.type) && reaches(board, from, to);
}

/** Why two ends cannot be joined; empty where they can, or are no ends of one wire. */
export function whyNotJoin(board: Board, one: End, other: End): string {
  if (one.side === other.side || canJoin(board, one, other)) return "";
  const [from, to] = one.side === "output" ? [one, other] : [other, one];
  const output = portAt(board, from);
  const input = portAt(board, to);
  if (!output || !input || from.card === to.card) return "";
  const { types } = board;
  if (typeFits(types, output.type, input.type)) return `${from.port} of ${from.card} cannot be seen from ${to.card}`;
  return `${from.port} is ${typeName(types, output.type)}, and ${to.port} of ${to.card} takes ${typeName(types, input.type)}`;
}

/** Whether a value made at one end can be seen at the other: not one's own, nor hidden inside. */
function reaches(board: Board, from: End, to: End): boolean {
  if (from.card === INPUTS) return true;
  const source = cardOf(board, from.card);
  if (!source) return false;
  if (from.inside) return within(board, source.id).has(to.card) && source.id !== to.card;
  const target = cardOf(board, to.card);
  if (!target) return false;
  const shared = new Set([target, ...above(board, target)].map((card) => card.id));
  const left = above(board, source).filter((around) => !shared.has(around.id));
  return !shared.has(source.id) && left.every((around) => !OWN_SCOPE.has(around.kind));
}

/** Kinds that give out only names that they declare. */
const OWN_SCOPE: ReadonlySet<string> = new Set(["each", "repeat", "race"]);

/** The ends that fit the one in hand. */
export function endsThatFit(board: Board, end: End): End[] {
  return endsOf(board).filter((other) => canJoin(board, end, other));
}

/** The edits that join two ends; none when they do not fit. */
export function join(board: Board, one: End, other: End): Operation[] {
  if (!canJoin(board, one, other)) return [];
  const [from, to] = one.side === "output" ? [one, other] : [other, one];
  const output = portAt(board, from);
  const read = (name: string): Operation => ({ op: "read", step: to.card, input: to.port, from: name });
  if (from.card === INPUTS || from.inside || output?.scope) return [read(output?.scope || from.port)];
  const source = cardOf(board, from.card);
  if (!source) return [];
  const taken = new Set(board.cards.flatMap((card) => card.outputs.map((port) => port.scope)));
  const name = freeId(taken, from.port);
  return [{ op: "set", step: source.id, field: "to", value: outNames(source, from.port, name) }, read(name)];
}

/** A step's outputs as the file writes them under `to`, one of them under a name of ours. */
export function outNames(card: Card, output: string, name: string): { [output: string]: string } {
  const known = card.outputs.filter((port) => port.scope && !port.inside);
  return { ...Object.fromEntries(known.map((port) => [port.name, port.scope])), [output]: name };
}

/** The edit that takes a wire away. */
export function cut(wire: Wire): Operation {
  return { op: "leave", step: wire.target, input: wire.input };
}

/** The edits that give a wire other ends; none when they do not fit, or are those that it has. */
export function rejoin(board: Board, wire: Wire, one: End, other: End): Operation[] {
  const [from, to] = one.side === "output" ? [one, other] : [other, one];
  const now = endsOfWire(board, wire);
  const stays = sameEnd(to, now.to);
  const ops = stays && sameEnd(from, now.from) ? [] : join(board, from, to);
  return ops.length && !stays ? [cut(wire), ...ops] : ops;
}

function sameEnd(one: End, other: End): boolean {
  return one.card === other.card && one.port === other.port && one.inside === other.inside;
}

/** The two ends of a wire, by the handles they are drawn at. */
export function endsOfWire(board: Board, wire: Wire): { from: End; to: End } {
  const inside = beginsInside(board, wire);
  const target = cardOf(board, wire.target);
  const source = cardOf(board, wire.source);
  const inner = source !== undefined && above(board, source).some((card) => card.id === target?.id);
  return {
    from: { card: wire.source ?? INPUTS, port: wire.output, side: "output", inside },
    to: { card: wire.target, port: wire.input, side: "input", inside: inner },
  };
}
