/** Where something that is let go over the canvas belongs: in which list, and where in it. */
import { cardOf, childrenOf, groundOf, kindAround, onGround, within } from "./board.ts";
import type { Drop } from "./edits.ts";
import { type Box, type Lane, cornerOf, lanesOf } from "./geometry.ts";
import type { Board, Card, Spot } from "./protocol.ts";

/** The innermost container under a point; null for the ground. `but` are cards on the move. */
export function containerAt(board: Board, found: Map<string, Box>, point: Spot, but: ReadonlySet<string>): Card | null {
  const moving = new Set([...but].flatMap((id) => [...within(board, id)]));
  const there = board.cards.filter((card) => {
    if (!card.container || card.id === board.root || moving.has(card.id)) return false;
    const box = found.get(card.id);
    const [x, y] = cornerOf(board, card.id, found);
    return box !== undefined && holds({ ...box, x, y }, point);
  });
  return there.at(-1) ?? null;
}

function holds(box: Box, [x, y]: Spot): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

/** Where a thing belongs whose corner is let go at `corner` while the pointer is at `point`. */
export function dropAt(
  board: Board,
  found: Map<string, Box>,
  { point, corner, but = new Set() }: { point: Spot; corner: Spot; but?: ReadonlySet<string> },
): Drop & { parent: string | null } {
  const around = containerAt(board, found, point, but);
  const parent = around?.id ?? groundOf(board);
  const [left, top] = around ? cornerOf(board, around.id, found) : [0, 0];
  const at: Spot = [Math.round(corner[0] - left), Math.round(corner[1] - top)];
  const lane = around ? nearest(lanesOf(board, around, found), point[1] - top) : undefined;
  const slot = lane?.slot ?? "steps";
  const siblings = childrenOf(board, parent).filter(
    (card) => card.slot === slot && card.case === (lane?.case ?? 0) && !but.has(card.id),
  );
  const position = orderAt(kindAround(board, parent), siblings, at, found);
  const place = { into: parent, slot, case: lane?.case ?? 0, at: position };
  // in an empty list Python knows best where the first card stands
  return { place, at: around && siblings.length === 0 ? null : at, parent };
}

function nearest(lanes: readonly Lane[], y: number): Lane | undefined {
  const far = (lane: Lane): number => Math.max(lane.y - y, y - lane.y - lane.height, 0);
  return [...lanes].sort((one, other) => far(one) - far(other))[0];
}

function orderAt(kind: string, siblings: readonly Card[], at: Spot, found: Map<string, Box>): number {
  if (kind === "graph") return siblings.length;
  const across = kind === "sequence" ? 0 : 1;
  const middle = (card: Card): number => {
    const box = found.get(card.id);
    return across === 0 ? card.x + (box?.width ?? 0) / 2 : card.y + (box?.height ?? 0) / 2;
  };
  return siblings.filter((card) => middle(card) < at[across]).length;
}

/** Whether a card that is let go there stays in the list where it is. */
export function staysIn(board: Board, id: string, parent: string | null): boolean {
  const card = cardOf(board, id);
  if (!card) return true;
  return card.parent === parent || (onGround(board, card.parent) && onGround(board, parent));
}
