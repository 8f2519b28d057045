/** Where something stands that floats over the canvas. */
import type { CSSProperties } from "react";
import type { Spot } from "../model/protocol.ts";
import type { Editor } from "./state.ts";

const WIDTH = 308;
const HEIGHT = 350;

/** At a point of the window; never outside of the editor. */
export function atPoint(editor: Editor, [x, y]: Spot): CSSProperties {
  const around = editor.root?.getBoundingClientRect();
  if (!around) return {};
  const top = Math.max(52, Math.min(y - around.top, around.height - HEIGHT));
  return { left: Math.max(8, Math.min(x - around.left, around.width - WIDTH)), top, maxHeight: around.height - top - 8, transform: "none" };
}

/** Beside a card, or below a part of it. */
export function besideCard(editor: Editor, id: string, part = ""): CSSProperties {
  const card = editor.root?.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
  const below = part ? card?.querySelector(part)?.getBoundingClientRect() : undefined;
  const box = card?.getBoundingClientRect();
  if (below) return atPoint(editor, [below.left, below.bottom + 6]);
  return box ? atPoint(editor, [box.right + 4, box.top]) : {};
}
