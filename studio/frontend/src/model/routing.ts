/**
 * Ways for wires that would run behind cards: through the gaps between them, beside each other.
 *
 * A wire that is free keeps its plain curve. One that is not gets points to pass, two for each
 * group of cards in its way. Everything is in the pixels of the ground.
 */
import { HEAD, INPUTS, ROW, above, insidePorts } from "./board.ts";
import { type End, endsOfWire } from "./fits.ts";
import { CLOSED, type Opened, drawnWires, rowOf } from "./folding.ts";
import type { Box } from "./geometry.ts";
import type { Board, Card, Port, Spot } from "./protocol.ts";

export interface Route {
  readonly from: Spot;
  readonly to: Spot;
  readonly points: readonly Spot[];
}

/** More cards or wires than these are drawn with plain curves. */
const MOST_CARDS = 300;
const MOST_WIRES = 900;
const MARGIN = 10;
const TRACK = 6;
const LEAST = 24;

interface Span {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Track {
  readonly y: number;
  readonly source: string;
}

/** By wire, the ways of those that are not free; `inputs` is the box of the pipeline's inputs. */
export function routes(board: Board, found: ReadonlyMap<string, Box>, inputs: Box | null, opened: Opened = CLOSED): Map<string, Route> {
  const ways = new Map<string, Route>();
  if (board.cards.length > MOST_CARDS || board.wires.length > MOST_WIRES) return ways;
  const places = placesOf(board, found);
  const cards = new Map(board.cards.map((card) => [card.id, card]));
  const tracks = new Map<string, readonly Track[]>();
  for (const { wire, from } of drawnWires(board, opened)) {
    const { to } = endsOfWire(board, wire);
    const target = cards.get(to.card);
    const source = cards.get(from.card);
    const begin = from.card === INPUTS ? inputs && spotOfInput(inputs, board.inputs, from.port, opened.has(INPUTS)) : source && spotOf(source, places, from, false);
    const end = target && spotOf(target, places, to, opened.has(to.card));
    if (!begin || !end || !target || end[0] - begin[0] < LEAST) continue;
    const around = new Set([target, source].flatMap((card) => (card ? [card, ...above(board, card)] : [])).map((card) => card.id));
    const blocks = blocksFor(board, places, around);
    if (inputs && from.card !== INPUTS) blocks.push(spanOf(inputs));
    const between = blocks.filter((block) => block.left < end[0] - MARGIN && block.right > begin[0] + MARGIN);
    if (!hits(begin, end, between)) continue;
    const points = pass(begin, end, between, `${from.card} ${from.port}`, tracks);
    ways.set(wire.id, { from: begin, to: end, points });
  }
  return ways;
}

/** The box of every card on the ground. */
function placesOf(board: Board, found: ReadonlyMap<string, Box>): Map<string, Span> {
  const places = new Map<string, Span>();
  for (const card of board.cards) {
    const box = found.get(card.id);
    const around = card.parent === null || card.parent === board.root ? undefined : places.get(card.parent);
    if (box && card.id !== board.root) places.set(card.id, spanOf({ ...box, x: box.x + (around?.left ?? 0), y: box.y + (around?.top ?? 0) }));
  }
  return places;
}

function spanOf({ x, y, width, height }: Box): Span {
  return { left: x, right: x + width, top: y, bottom: y + height };
}

function spotOf(card: Card, places: ReadonlyMap<string, Span>, { port, side, inside }: End, open: boolean): Spot | null {
  const box = places.get(card.id);
  const ports = side === "input" ? card.inputs : card.outputs;
  const at = inside ? insidePorts(ports).findIndex((one) => one.name === port) : rowOf(ports, port, open);
  if (!box || at < 0) return null;
  const left = (side === "input") !== inside;
  const inner = inside ? INNER : 0;
  return [left ? box.left + inner : box.right - inner, box.top + HEAD + ROW * (at + 0.5)];
}

/** How far from its border a container's inner ports are. */
const INNER = 18;
const INPUTS_HEAD = 29;

function spotOfInput(box: Box, ports: readonly Port[], name: string, open: boolean): Spot | null {
  const at = rowOf(ports, name, open);
  return at < 0 ? null : [box.x + box.width, box.y + INPUTS_HEAD + ROW * (at + 0.5)];
}

/** What is in the way: all but what holds an end, and what is inside of something in the way. */
function blocksFor(board: Board, places: ReadonlyMap<string, Span>, around: ReadonlySet<string>): Span[] {
  const closed = new Set<string>();
  const blocks: Span[] = [];
  for (const card of board.cards) {
    const box = places.get(card.id);
    if (card.parent !== null && closed.has(card.parent)) closed.add(card.id);
    else if (box && !around.has(card.id)) {
      closed.add(card.id);
      blocks.push(box);
    }
  }
  return blocks;
}

/** Whether the plain curve between two ends runs behind anything. */
function hits(from: Spot, to: Spot, blocks: readonly Span[]): boolean {
  if (blocks.length === 0) return false;
  for (let step = 1; step < 24; step++) {
    const [x, y] = onCurve(from, to, step / 24);
    if (blocks.some((block) => x > block.left - 2 && x < block.right + 2 && y > block.top - 3 && y < block.bottom + 3)) return true;
  }
  return false;
}

function onCurve([x0, y0]: Spot, [x1, y1]: Spot, t: number): Spot {
  const pull = (x1 - x0) / 2;
  const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
  return [a * x0 + b * (x0 + pull) + c * (x1 - pull) + d * x1, (a + b) * y0 + (c + d) * y1];
}

/** Points to pass, with bends that are as wide as they can be without running behind anything. */
function pass(from: Spot, to: Spot, blocks: readonly Span[], source: string, tracks: Map<string, readonly Track[]>): readonly Spot[] {
  const wide = passed(from, to, blocks, source, tracks, true);
  const all = [from, ...wide.points, to];
  const isFree = all.slice(1).every((spot, at) => !hits(all[at] ?? from, spot, blocks));
  const { points, laid } = isFree ? wide : passed(from, to, blocks, source, tracks, false);
  for (const [key, track] of laid) tracks.set(key, [...(tracks.get(key) ?? []), track]);
  return points;
}

interface Passed {
  readonly points: readonly Spot[];
  /** The tracks it takes that nothing of its source had taken. */
  readonly laid: readonly (readonly [string, Track])[];
}

/** For each group of cards in the way a point where it begins and one where it ends. */
function passed(from: Spot, to: Spot, blocks: readonly Span[], source: string, tracks: ReadonlyMap<string, readonly Track[]>, wide: boolean): Passed {
  const points: Spot[] = [];
  const laid: [string, Track][] = [];
  let [x, y] = from;
  for (const group of groupsOf(blocks)) {
    const share = (middleOf(group) - x) / (to[0] - x);
    const gap = freeGap(group, y + (to[1] - y) * Math.max(0, Math.min(1, share)));
    // what is far above or below takes no room from wide bends
    const [top, bottom] = [Math.min(y, gap.wish, to[1]) - MARGIN, Math.max(y, gap.wish, to[1]) + MARGIN];
    const near = wide ? group.filter((one) => one.bottom > top && one.top < bottom) : group;
    const left = Math.max(from[0] + 4, Math.min(...near.map((one) => one.left)) - MARGIN);
    const right = Math.min(to[0] - 4, Math.max(...near.map((one) => one.right)) + MARGIN);
    if (right <= left || left < x) continue;
    const key = `${Math.round(left)} ${Math.round(gap.top)}`;
    const others = tracks.get(key) ?? [];
    const height = beside(gap, others, source);
    if (!others.some((one) => one.source === source && one.y === height)) laid.push([key, { y: height, source }]);
    points.push([left, height], [right, height]);
    [x, y] = [right, height];
  }
  return { points, laid };
}

function middleOf(group: readonly Span[]): number {
  return (Math.min(...group.map((one) => one.left)) + Math.max(...group.map((one) => one.right))) / 2;
}

/** Cards that stand above each other, from left to right. */
function groupsOf(blocks: readonly Span[]): Span[][] {
  const groups: Span[][] = [];
  let end = -Infinity;
  for (const block of [...blocks].sort((one, other) => one.left - other.left)) {
    if (block.left < end + 2 * MARGIN) groups.at(-1)?.push(block);
    else groups.push([block]);
    end = Math.max(end, block.right);
  }
  return groups;
}

interface Gap {
  readonly top: number;
  readonly bottom: number;
  /** Where one would like to pass. */
  readonly wish: number;
}

/** The gap of a group that is nearest to a height. */
function freeGap(group: readonly Span[], wish: number): Gap {
  const gaps: { top: number; bottom: number }[] = [];
  let below = -Infinity;
  for (const block of [...group].sort((one, other) => one.top - other.top)) {
    if (block.top - MARGIN >= below) gaps.push({ top: below, bottom: block.top - MARGIN });
    below = Math.max(below, block.bottom + MARGIN);
  }
  gaps.push({ top: below, bottom: Infinity });
  const far = ({ top, bottom }: { top: number; bottom: number }): number => Math.max(top - wish, wish - bottom, 0);
  const [best] = gaps.sort((one, other) => far(one) - far(other));
  const { top, bottom } = best ?? { top: below, bottom: Infinity };
  return { top, bottom, wish: Math.max(top, Math.min(bottom, wish)) };
}

/** A height in a gap beside the wires that run there; wires from one port run as one. */
function beside(gap: Gap, others: readonly Track[], source: string): number {
  const mine = others.find((one) => one.source === source);
  if (mine) return mine.y;
  for (let step = 0; step < 40; step++) {
    for (const y of [gap.wish + step * TRACK, gap.wish - step * TRACK]) {
      const free = y >= gap.top && y <= gap.bottom && others.every((one) => Math.abs(one.y - y) >= TRACK);
      if (free) return Math.round(y);
    }
  }
  return Math.round(gap.wish);
}

/** The line through points as an SVG path: flat where it passes cards, bent between them. */
export function pathThrough(from: Spot, points: readonly Spot[], to: Spot): string {
  const all = [from, ...points, to];
  return all.slice(1).reduce((path, [x, y], at) => {
    const [before, height] = all[at] ?? from;
    if (height === y) return `${path} L ${x} ${y}`;
    const bend = (x - before) / 2;
    return `${path} C ${before + bend} ${height} ${x - bend} ${y} ${x} ${y}`;
  }, `M ${from[0]} ${from[1]}`);
}
