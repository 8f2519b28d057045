/** What part of the ground one sees: where one begins, what is followed, and what stands still. */
import { type ReactFlowInstance, useReactFlow, useStoreApi } from "@xyflow/react";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { AnyNode } from "./cards.tsx";
import { type Editor, useEditor } from "./state.ts";
import type { AnyEdge } from "./wires.tsx";

/** The smallest zoom at which a pipeline is opened; below it one could not read. */
const READABLE = 0.62;
/** Room around the first card of an empty pipeline; before it the inputs will stand. */
const BEFORE = 390;
const ABOVE = 72;
/** How near the border a card that was added may stand. */
const MARGIN = 32;

/** Open with everything in view where it can be read so, else with the beginning. */
export function beginView(editor: Editor, flow: ReactFlowInstance<AnyNode, AnyEdge>): void {
  const pane = editor.root?.querySelector(".react-flow")?.getBoundingClientRect();
  const all = flow.getNodesBounds(flow.getNodes());
  if (!pane) return;
  if (!all.width) return void flow.setViewport({ x: Math.min(BEFORE, pane.width * 0.3), y: ABOVE, zoom: 1 });
  const zoom = Math.min(1, (pane.width - 64) / all.width, (pane.height - 64) / all.height);
  if (zoom >= READABLE) return void flow.fitView({ maxZoom: 1, padding: 0.1 });
  const near = Math.max(READABLE, Math.min(0.85, (pane.height - 64) / all.height));
  const end = all.x + pane.width / near;
  const first = flow.getNodesBounds(flow.getNodes().filter((node) => !node.parentId && node.position.x < end));
  const tall = first.height * near > pane.height - 64;
  const y = tall ? 32 - first.y * near : (pane.height - first.height * near) / 2 - first.y * near;
  void flow.setViewport({ x: 32 - all.x * near, y, zoom: near });
}

/** Give the editor a camera while the canvas is there. */
export function useCamera(): void {
  const editor = useEditor();
  const flow = useReactFlow<AnyNode, AnyEdge>();
  const store = useStoreApi<AnyNode, AnyEdge>();
  useEffect(() => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const duration = calm ? 0 : 220;
    editor.camera = {
      show: (cards) => void flow.fitView({ nodes: cards.map((id) => ({ id })), maxZoom: 1, minZoom: 0.5, padding: 0.4, duration }),
      reveal: (cards) => {
        const { x, y, zoom } = flow.getViewport();
        const { width, height } = uncovered(editor, store.getState());
        const box = flow.getNodesBounds(cards.filter((id) => flow.getNode(id)));
        if (!box.width) return;
        const right = intoView(x + box.x * zoom, box.width * zoom, width);
        const down = intoView(y + box.y * zoom, box.height * zoom, height);
        if (right || down) void flow.setViewport({ x: x + right, y: y + down, zoom }, { duration });
      },
      fit: () => void flow.fitView({ maxZoom: 1, padding: 0.12, duration }),
      middle: () => {
        const box = editor.root?.querySelector(".react-flow")?.getBoundingClientRect();
        const at = flow.screenToFlowPosition({ x: (box?.left ?? 0) + (box?.width ?? 0) / 2, y: (box?.top ?? 0) + (box?.height ?? 0) / 2 });
        return [at.x, at.y];
      },
    };
    return () => {
      editor.camera = null;
    };
  }, [editor, flow, store]);
}

/** How much of the drawing no panel lies over; a panel comes from the right, on narrow screens from below. */
function uncovered(editor: Editor, { width, height }: { width: number; height: number }): { width: number; height: number } {
  const ground = editor.root?.querySelector(".react-flow")?.getBoundingClientRect();
  const side = editor.root?.querySelector(".pf-side")?.getBoundingClientRect();
  if (!ground || !side) return { width, height };
  const below = side.top > ground.top + MARGIN;
  return {
    width: below ? width : Math.min(width, side.left - ground.left),
    height: below ? Math.min(height, side.top - ground.top) : height,
  };
}

/** How far to move what begins at a pixel, so that all of it, or else its beginning, is in view. */
function intoView(from: number, length: number, room: number): number {
  if (length > room - 2 * MARGIN && from >= 0 && from < room / 2) return 0; // its beginning is there
  if (from < MARGIN || length > room - 2 * MARGIN) return MARGIN - from;
  return Math.min(0, room - MARGIN - from - length);
}

/** The drawing stays where it is on the page when the palette beside it comes or goes. */
export function useStill(isAlone: boolean): void {
  const editor = useEditor();
  const flow = useReactFlow<AnyNode, AnyEdge>();
  const left = useRef<number | null>(null);
  useLayoutEffect(() => {
    const now = editor.root?.querySelector<HTMLElement>(".pf-ground")?.offsetLeft ?? null;
    const { x, y, zoom } = flow.getViewport();
    if (now !== null && left.current !== null && now !== left.current) void flow.setViewport({ x: x - now + left.current, y, zoom });
    left.current = now;
  }, [editor, flow, isAlone]);
}
