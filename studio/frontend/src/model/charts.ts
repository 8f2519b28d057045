/** What a plotly figure says, as far as a small drawing can tell it: points, lines and bars. */

export interface Series {
  readonly name: string;
  readonly look: "line" | "points" | "bars";
  /** Pixels of the drawing, from its upper left corner. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface Plot {
  readonly title: string;
  readonly series: readonly Series[];
  readonly across: readonly Tick[];
  readonly up: readonly Tick[];
  /** Where the value 0 stands, or the lower end. */
  readonly floor: number;
  readonly bar: number;
}

export const WIDE = 300;
export const TALL = 170;
export const LEFT = 44;
export const BOTTOM = 22;
const TOP = 8;
const RIGHT = 8;
const MOST_POINTS = 2000;

type Cell = number | string;
interface Read {
  readonly name: string;
  readonly look: Series["look"];
  readonly x: readonly Cell[];
  readonly y: readonly number[];
}

/** A small plot of boxes: how values are spread, one row each, from left to right. */
export interface Boxes {
  readonly title: string;
  readonly rows: readonly BoxRow[];
  readonly across: readonly Tick[];
}

/** Pixels from the left: the ends, the quarters, the middle, and what lies far out. */
export interface BoxRow {
  readonly name: string;
  readonly ends: readonly [number, number];
  readonly quarters: readonly [number, number];
  readonly middle: number;
  readonly far: readonly number[];
}

/** Rows that are drawn, and how high one is, in pixels. */
const MOST_ROWS = 24;
export const ROW_TALL = 18;
export const NAMES_WIDE = 96;

/** Lying bars: one row each. */
export interface Lying {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly from: number; readonly to: number; readonly value: string; readonly series: number }[];
  readonly names: readonly string[];
}

/** A figure of box plots; null for any other. */
export function spreads(spec: unknown): Boxes | null {
  const data: unknown = (spec as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || data.length === 0 || !data.every((trace) => (trace as { type?: unknown }).type === "box")) return null;
  const groups = (data as { [key: string]: unknown }[]).flatMap(groupsOf).filter(([, values]) => values.length > 0).slice(0, MOST_ROWS);
  if (groups.length === 0) return null;
  const [low, high] = spanOf(groups.flatMap(([, values]) => values));
  const toX = (value: number): number => scale(value, [low, high], [NAMES_WIDE, WIDE - RIGHT]);
  const rows = groups.map(([name, values]): BoxRow => {
    const [first, middle, third] = [0.25, 0.5, 0.75].map((part) => quantile(values, part)) as [number, number, number];
    const reach = 1.5 * (third - first);
    const near = values.filter((value) => value >= first - reach && value <= third + reach);
    const far = values.filter((value) => value < first - reach || value > third + reach);
    return {
      name,
      ends: [toX(Math.min(first, ...near.slice(0, 1))), toX(Math.max(third, ...near.slice(-1)))],
      quarters: [toX(first), toX(third)],
      middle: toX(middle),
      far: [...new Set(far.map(toX))].slice(0, 100),
    };
  });
  return { title: titleOf(spec), rows, across: ticks(low, high).map((at) => ({ at: toX(at), text: written(at) })) };
}

/** The values of a box trace, sorted, by the name of their box. */
function groupsOf(trace: { [key: string]: unknown }): [string, number[]][] {
  const lying = trace.orientation === "h" || (Array.isArray(trace.x) && !Array.isArray(trace.y));
  const [values, names] = lying ? [trace.x, trace.y] : [trace.y, trace.x];
  if (!Array.isArray(values)) return [];
  const found = new Map<string, number[]>();
  values.forEach((value: unknown, at) => {
    if (typeof value !== "number") return;
    const name = String((Array.isArray(names) ? names[at] : undefined) ?? trace.name ?? "");
    const held = found.get(name) ?? [];
    found.set(name, held);
    held.push(value);
  });
  return [...found].map(([name, held]) => [name, held.sort((one, other) => one - other)]);
}

function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const [below = 0, above = below] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}

/** A figure of lying bars; null for any other. */
export function lyingBars(spec: unknown): Lying | null {
  const data: unknown = (spec as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || data.length === 0) return null;
  const traces = data as { [key: string]: unknown }[];
  if (!traces.every(({ type, orientation, x, y }) => type === "bar" && orientation === "h" && Array.isArray(x) && Array.isArray(y))) return null;
  const read = traces.flatMap((trace, series) =>
    (trace.x as unknown[]).flatMap((value, at) => (typeof value === "number" ? [{ name: String((trace.y as unknown[])[at] ?? ""), value, series }] : [])),
  );
  if (read.length === 0) return null;
  const names = [...new Set(read.map((one) => one.name))].reverse().slice(0, MOST_ROWS); // plotly counts from below
  const shown = names.flatMap((name) => read.filter((one) => one.name === name)).slice(0, MOST_ROWS);
  const [low, high] = spanOf([0, ...shown.map((one) => one.value)]);
  const toX = (value: number): number => scale(value, [low, high], [NAMES_WIDE, WIDE - RIGHT - 34]);
  return {
    title: titleOf(spec),
    rows: shown.map(({ name, value, series }) => ({ name, from: toX(Math.min(0, value)), to: toX(Math.max(0, value)), value: written(value), series })),
    names: traces.map((trace) => String(trace.name ?? "")),
  };
}

/** A table of numbers as a field of colours: how strong each is, from -1 to 1. */
export interface Grid {
  readonly across: readonly string[];
  readonly down: readonly string[];
  readonly cells: readonly (readonly { readonly value: number | null; readonly strength: number }[])[];
}

const MOST_CELLS = 900;

/** A figure that is one heatmap, as a field of colours; null for any other. */
export function grid(spec: unknown): Grid | null {
  const data: unknown = (spec as { data?: unknown } | null)?.data;
  const [trace, more] = Array.isArray(data) ? (data as { [key: string]: unknown }[]) : [];
  const rows = trace?.z;
  if (trace?.type !== "heatmap" || more || !Array.isArray(rows) || !rows.every(Array.isArray)) return null;
  const values = (rows as unknown[][]).map((row) => row.map((value) => (typeof value === "number" ? value : null)));
  const wide = Math.max(0, ...values.map((row) => row.length));
  const strongest = Math.max(0, ...values.flat().map((value) => Math.abs(value ?? 0)));
  if (wide === 0 || wide * values.length > MOST_CELLS) return null;
  return {
    across: namesOf(trace.x, wide),
    down: namesOf(trace.y, values.length),
    cells: values.map((row) => row.map((value) => ({ value, strength: strongest ? (value ?? 0) / strongest : 0 }))),
  };
}

function namesOf(names: unknown, count: number): string[] {
  return Array.from({ length: count }, (_, at) => String((Array.isArray(names) ? names[at] : undefined) ?? at + 1));
}

/** Draw a figure; null where it has nothing that can be drawn so. */
export function plot(spec: unknown): Plot | null {
  const data: unknown = (spec as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return null;
  const read = data.map(readTrace);
  const traces = read.filter((one) => one !== null);
  if (traces.length === 0 || traces.length < read.length) return null;
  const xs = traces.flatMap((one) => one.x);
  const names = xs.every((x) => typeof x === "number") ? null : [...new Set(xs.map(String))];
  const bars = traces.some((one) => one.look === "bars");
  const count = names?.length ?? Math.max(...traces.map((one) => one.x.length));
  const ends = names ? ([0, names.length - 1] as const) : spanOf(xs as number[]);
  const room = bars ? (ends[1] - ends[0]) / Math.max(1, count - 1) / 2 || 0.5 : 0; // bars are as wide on the outside
  const [left, right] = [ends[0] - room, ends[1] + room];
  const [low, high] = spanOf(traces.flatMap((one) => one.y).concat(bars ? [0] : []));
  const toX = (x: Cell): number => scale(names ? names.indexOf(String(x)) : Number(x), [left, right], [LEFT, WIDE - RIGHT]);
  const toY = (y: number): number => scale(y, [low, high], [TALL - BOTTOM, TOP]);
  return {
    title: titleOf(spec),
    series: traces.map((one) => ({ name: one.name, look: one.look, points: one.x.map((x, at) => [toX(x), toY(one.y[at] ?? 0)] as const) })),
    across: names ? named(names, toX) : ends.map((at) => ({ at: toX(at), text: written(at, Number.isInteger(at) && at > 1000 && at < 3000) })),
    up: ticks(low, high).map((at) => ({ at: toY(at), text: written(at) })),
    floor: toY(Math.max(low, Math.min(high, 0))),
    bar: Math.max(1, ((WIDE - LEFT - RIGHT) / count) * 0.7 / (bars ? traces.length : 1)),
  };
}

function readTrace(trace: unknown): Read | null {
  const { type = "scatter", mode = "lines", name = "", orientation, x, y } = trace as { [key: string]: unknown };
  if (!Array.isArray(y) || (x !== undefined && !Array.isArray(x)) || orientation === "h") return null;
  if (!["scatter", "scattergl", "bar"].includes(String(type))) return null;
  const pairs = y.map((value, at) => [((x as unknown[] | undefined)?.[at] ?? at) as Cell, value] as const);
  const step = Math.ceil(pairs.length / MOST_POINTS);
  const good = pairs.filter(([, value], at) => typeof value === "number" && at % step === 0);
  if (good.length === 0) return null;
  const look = type === "bar" ? "bars" : String(mode).includes("lines") ? "line" : "points";
  return { name: String(name), look, x: good.map(([at]) => at), y: good.map(([, value]) => value as number) };
}

function spanOf(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function scale(value: number, [low, high]: readonly [number, number], [from, to]: readonly [number, number]): number {
  return Math.round((from + ((value - low) / (high - low || 1)) * (to - from)) * 10) / 10;
}

/** Two to five round numbers between two ends. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  const found: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high + step / 1e6; at++) found.push(at * step);
  return found;
}

/** The first and the last name, and those between where there is room. */
function named(names: readonly string[], toX: (x: Cell) => number): Tick[] {
  const room = Math.max(1, Math.ceil(names.length / 4));
  return names.filter((_, at) => at % room === 0).map((text) => ({ at: toX(text), text: text.length > 11 ? `${text.slice(0, 10)}…` : text }));
}

function written(value: number, plain = false): string {
  return plain ? String(value) : new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

function titleOf(spec: unknown): string {
  const title = (spec as { layout?: { title?: unknown } }).layout?.title;
  const text = typeof title === "object" && title !== null ? (title as { text?: unknown }).text : title;
  return typeof text === "string" ? (text.split("<")[0] ?? "") : "";
}
