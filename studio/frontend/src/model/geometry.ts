/** Sizes and corners of what is drawn: containers hold what is in them, lanes tell ways apart. */
import { BADGES, CARD_WIDTH, FOOT, HEAD, PADDING, ROW, cardOf, childrenOf, insidePorts } from "./board.ts";
import { CLOSED, FOLD, type Opened, folded, rowCount } from "./folding.ts";
import type { Board, Card, Port, Spot } from "./protocol.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A way through a container: a case of a branch, what happens otherwise, or its one list. */
export interface Lane extends Box {
  readonly slot: string;
  readonly case: number;
  readonly title: string;
  readonly empty: boolean;
}

export const LANE_HEAD = 30;
const EMPTY_LANE = 56;

/** How high a card is drawn that holds no others. */
export function cardHeight(card: Pick<Card, "inputs" | "outputs" | "policies">, open = false): number {
  const rows = Math.max(...[card.inputs, card.outputs].flatMap((ports) => [rowCount(ports, open), insidePorts(ports).length]));
  return HEAD + rows * ROW + FOOT + (card.policies.length ? BADGES : 0);
}

/** The box of every card, in its parent's pixels; containers grow to hold their content. */
export function boxes(board: Board, opened: Opened = CLOSED): Map<string, Box> {
  const found = new Map<string, Box>();
  for (const card of [...board.cards].reverse()) {
    found.set(card.id, { x: card.x, y: card.y, ...sizeOf(board, card, found, opened.has(card.id)) });
  }
  return found;
}

function sizeOf(board: Board, card: Card, inside: Map<string, Box>, open: boolean): Omit<Box, "x" | "y"> {
  if (!card.container) {
    return { width: card.width || CARD_WIDTH, height: Math.max(card.height, cardHeight(card, open)) };
  }
  const lanes = lanesOf(board, card, inside);
  const right = Math.max(0, ...lanes.map((lane) => lane.x + lane.width));
  const bottom = Math.max(cardHeight(card), ...lanes.map((lane) => lane.y + lane.height));
  return {
    width: Math.max(card.width, right + PADDING, CARD_WIDTH + 2 * PADDING),
    height: Math.max(card.height, bottom + PADDING),
  };
}

/** The ways through a container with their boxes, in its own pixels. */
export function lanesOf(board: Board, card: Card, found: Map<string, Box>): Lane[] {
  const children = childrenOf(board, card.id);
  let below = cardHeight(card);
  return ways(card, children).map(({ slot, of, title }) => {
    const held = children
      .filter((child) => child.slot === slot && child.case === of)
      .flatMap((child) => found.get(child.id) ?? []);
    const head = title ? LANE_HEAD : 0;
    const box = held.length ? around(held, head) : emptyBox(below, head);
    below = box.y + box.height + 12;
    return { ...box, slot, case: of, title, empty: held.length === 0 };
  });
}

function around(held: readonly Box[], head: number): Box {
  const x = Math.min(...held.map((box) => box.x));
  const y = Math.min(...held.map((box) => box.y)) - head;
  const width = Math.max(...held.map((box) => box.x + box.width)) - x;
  return { x, y, width, height: Math.max(...held.map((box) => box.y + box.height)) - y };
}

function emptyBox(below: number, head: number): Box {
  return { x: PADDING, y: below, width: CARD_WIDTH, height: EMPTY_LANE + head };
}

interface Way {
  readonly slot: string;
  readonly of: number;
  readonly title: string;
}

function ways(card: Card, children: readonly Card[]): Way[] {
  if (card.kind !== "branch") {
    const otherwise = children.some((child) => child.slot === "otherwise") || card.kind === "wait";
    const steps = { slot: "steps", of: 0, title: "" };
    const late = { slot: "otherwise", of: 0, title: "if it takes too long" };
    return card.kind === "wait" ? [late] : otherwise ? [steps, late] : [steps];
  }
  const conditions = card.fields.filter((field) => field.name === "when");
  const cases = new Set([...conditions.map((field) => field.case), 0]);
  for (const child of children) if (child.slot === "then") cases.add(child.case);
  const then = [...cases]
    .sort((one, other) => one - other)
    .map((of) => {
      const said = conditions.find((field) => field.case === of)?.value;
      return { slot: "then", of, title: said ? `if ${String(said)}` : "if …" };
    });
  return [...then, { slot: "otherwise", of: 0, title: "otherwise" }];
}

/** One handle of a card, in the card's own pixels. */
export interface Spotted {
  readonly id: string;
  readonly type: "source" | "target";
  readonly side: "left" | "right";
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

const BORDER = 1;
const ORDER = { size: 7, y: 22 };
/** The line for idle inputs has a handle, too. */
const LINE: Pick<Port, "name" | "optional" | "set"> = { name: FOLD, optional: true };

/**
 * Where the handles of a card of some width are, as the style sheet puts them; null where only
 * the page can tell, since words stand beside them.
 */
export function handlesOf(card: Pick<Card, "inputs" | "outputs">, width: number, { order, open }: { order: boolean; open: boolean }): Spotted[] | null {
  if ([...card.inputs, ...card.outputs].some((port) => port.inside)) return null;
  const at = (id: string, type: Spotted["type"], size: number, middle: number): Spotted => {
    const edge = type === "target" ? BORDER : width - BORDER;
    return { id, type, side: type === "target" ? "left" : "right", x: edge - size / 2, y: middle - size / 2, size };
  };
  const column = (ports: readonly Port[], type: Spotted["type"], name: string): Spotted[] => {
    const { shown, idle } = folded(ports);
    const rows = [...shown, ...(idle.length ? [LINE] : []), ...(open ? idle : [])];
    return rows.map((port, row) => {
      const size = port.optional || port.set !== undefined ? 9 : 10;
      return at(`${name}:${port.name}`, type, size, BORDER + HEAD + ROW * (row + 0.5));
    });
  };
  const lines = order ? (["target", "source"] as const).map((type) => at("order", type, ORDER.size, BORDER + ORDER.y)) : [];
  return [...lines, ...column(card.inputs, "target", "in"), ...column(card.outputs, "source", "out")];
}

/** The corner of a card on the ground's pixels. */
export function cornerOf(board: Board, id: string, found: Map<string, Box>): Spot {
  let x = 0;
  let y = 0;
  for (let at = cardOf(board, id); at; at = cardOf(board, at.parent)) {
    const box = found.get(at.id);
    if (at.id === board.root || !box) break;
    x += box.x;
    y += box.y;
  }
  return [x, y];
}

/** The box of several cards on the ground's pixels; null when there is none. */
export function boxOf(board: Board, ids: Iterable<string>, found: Map<string, Box>): Box | null {
  const held = [...ids].flatMap((id) => {
    const box = found.get(id);
    if (!box) return [];
    const [x, y] = cornerOf(board, id, found);
    return [{ ...box, x, y }];
  });
  return held.length ? around(held, 0) : null;
}
