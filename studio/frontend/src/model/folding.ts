/**
 * Inputs that stand at their defaults: one quiet line on a card until somebody opens it.
 *
 * Python says which are idle. What is open is each viewer's own affair and no edit: nothing but the
 * card itself moves, and nothing is written into a file for having looked.
 */
import { INPUTS, cardOf, outerPorts } from "./board.ts";
import { type End, canJoin, endsOfWire } from "./fits.ts";
import type { Board, Port, Wire } from "./protocol.ts";

/** Ids of the cards whose idle inputs are shown; the pipeline's inputs are one of them. */
export type Opened = ReadonlySet<string>;

export const CLOSED: Opened = new Set();

/** The port that stands for all idle ones of a card; none has such a name. */
export const FOLD = "";

/** What a card shows, and what it folds. */
export function folded(ports: readonly Port[]): { shown: Port[]; idle: Port[] } {
  const outer = outerPorts(ports);
  return { shown: outer.filter((port) => !port.idle), idle: outer.filter((port) => port.idle) };
}

/** How many rows some ports take. */
export function rowCount(ports: readonly Port[], open: boolean): number {
  const { shown, idle } = folded(ports);
  return shown.length + (idle.length ? 1 : 0) + (open ? idle.length : 0);
}

/** In which row a port stands, from 0; an idle one in that of the line while it is closed, none in -1. */
export function rowOf(ports: readonly Port[], name: string, open: boolean): number {
  const { shown, idle } = folded(ports);
  const at = shown.findIndex((port) => port.name === name);
  const within = idle.findIndex((port) => port.name === name);
  return at >= 0 || within < 0 ? at : shown.length + (open ? 1 + within : 0);
}

/** The words of the line. */
export function sayFolded(idle: readonly Port[], alone = false): string {
  const [first] = idle;
  if (idle.length === 1 && first) return `${first.name}, at its default`;
  return `${idle.length}${alone ? "" : " more"}, at their defaults`;
}

/** Whether a card's port is behind its line. */
export function isFolded(board: Board, end: End, opened: Opened): boolean {
  if (opened.has(end.card) || end.inside) return false;
  const ports = end.card === INPUTS ? board.inputs : cardOf(board, end.card)?.[end.side === "input" ? "inputs" : "outputs"];
  return ports?.some((port) => port.name === end.port && Boolean(port.idle) && !port.inside) ?? false;
}

/** A wire as it is drawn. */
export interface DrawnWire {
  readonly wire: Wire;
  readonly from: End;
  /** Of a card whose line is closed, the line. */
  readonly to: End;
}

/** The wires that are drawn: all but those that carry only a default from inputs that are folded. */
export function drawnWires(board: Board, opened: Opened): DrawnWire[] {
  return board.wires.flatMap((wire) => {
    const { from, to } = endsOfWire(board, wire);
    if (from.card === INPUTS && isFolded(board, from, opened)) return [];
    return [{ wire, from, to: isFolded(board, to, opened) ? { ...to, port: FOLD } : to }];
  });
}

/** The ends that one of two stands for, where it is the line of a card: those behind it that fit. */
export function behind(board: Board, one: End, other: End): End[] {
  const [line, end] = one.port === FOLD ? [one, other] : [other, one];
  if (line.port !== FOLD || line.side === end.side) return [];
  const { idle } = folded(cardOf(board, line.card)?.inputs ?? []);
  return idle.map((port): End => ({ ...line, port: port.name })).filter((choice) => canJoin(board, end, choice));
}
