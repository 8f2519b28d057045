/** The drawing itself: React Flow, with what is dragged, joined and let go turned into edits. */
import {
  Background,
  BackgroundVariant,
  type Connection,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  type OnConnectEnd,
  type OnConnectStart,
  type OnNodeDrag,
  ReactFlow,
  applyNodeChanges,
  useReactFlow,
  useStore,
  useStoreApi,
} from "@xyflow/react";
import { type DragEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { INPUTS, outermost } from "../model/board.ts";
import { type End, canJoin, cut, endsThatFit, join, readHandle, rejoin, whyNotJoin } from "../model/fits.ts";
import { behind } from "../model/folding.ts";
import { containerAt, dropAt, staysIn } from "../model/dropping.ts";
import { moveInto } from "../model/edits.ts";
import { cornerOf } from "../model/geometry.ts";
import type { Board, Operation, PaletteItem, Spot } from "../model/protocol.ts";
import { NONE, only } from "../model/selection.ts";
import { addBetween, addItem, addKind, edit, openCall } from "./actions.ts";
import { beginView, useCamera, useStill } from "./camera.ts";
import { type AnyNode, Far, InputsCard, StepCard } from "./cards.tsx";
import { type Drawing, drawBoard, marked } from "./drawing.ts";
import { backToGround } from "./focus.ts";
import { type Editor, portKey, useEditor, useShown, useUi } from "./state.ts";
import { type AnyEdge, OrderPath, WirePath } from "./wires.tsx";

const nodeTypes = { step: StepCard, inputs: InputsCard };
const edgeTypes = { wire: WirePath, order: OrderPath };
const SIMPLE_BELOW = 0.4;
/** From this many cards on only those in view are drawn. */
const MANY = 60;
/** From few to this many cards there is a map; it would be drawn anew at every step of a move. */
const FEW = 6;
const FLUID = 200;

/** How things dragged from the palette are called. */
export const DRAGGED = "application/x-packetflow-item";

export function Canvas(): ReactNode {
  const many = useShown((shown) => shown.board.cards.length > MANY);
  const zoomedOut = useStore((store) => store.transform[2] < SIMPLE_BELOW);
  return <Far value={many && zoomedOut}><Ground zoomedOut={zoomedOut} many={many} /></Far>;
}

function Ground({ zoomedOut, many }: { zoomedOut: boolean; many: boolean }): ReactNode {
  const editor = useEditor();
  const flow = useReactFlow<AnyNode, AnyEdge>();
  const store = useStoreApi<AnyNode, AnyEdge>();
  useState(() => measureOnlyUnknown(store));
  const board = useShown((shown) => shown.board);
  const mode = useUi((ui) => ui.mode);
  const selection = useUi((ui) => ui.selection);
  const drawing = useDrawing();
  const [nodes, setNodes] = useState(drawing.nodes);
  const dragging = useRef(false);
  /** An end of a wire is in hand. */
  const moved = useRef(false);
  const readOnly = editor.readOnly;

  useEffect(() => {
    // a board that arrives while a card is held would pull it out of the hand
    if (!dragging.current) setNodes((now) => carryOver(now, drawing.nodes));
  }, [drawing.nodes]);
  useCamera();
  useStill(readOnly);

  const onNodesChange = useCallback((changes: NodeChange<AnyNode>[]) => {
    const chosen = changes.filter((change) => change.type === "select");
    if (chosen.length) {
      const cards = new Set(editor.ui.selection.cards);
      for (const { id, selected } of chosen) selected ? cards.add(id) : cards.delete(id);
      editor.set({ selection: { ...editor.ui.selection, cards } });
    }
    const rest = changes.filter((change) => change.type !== "select" && change.type !== "remove");
    if (rest.length) setNodes((now) => applyNodeChanges(rest, now));
  }, [editor]);

  const onConnect = useCallback((wire: Connection) => {
    if (wire.sourceHandle === "order") return edit(editor, { op: "after", step: wire.target, wait_for: wire.source });
    const [one, other] = endsOf(wire);
    const choices = behind(editor.shown.board, one, other);
    if (choices.length > 1) return editor.set({ choosing: { kind: "fits", end: one.side === "output" ? one : other, choices } });
    edit(editor, ...join(editor.shown.board, one.side === "output" ? one : other, choices[0] ?? (one.side === "output" ? other : one)));
  }, [editor]);

  /** Offer what can be put in at a point of the screen; with the end of a wire, what fits it. */
  const offer = useCallback((screen: Spot, end: End | null) => {
    const ground = flow.screenToFlowPosition({ x: screen[0], y: screen[1] });
    editor.set({ choosing: { kind: "drop", end, screen, flow: [ground.x, ground.y] } });
  }, [editor, flow]);

  const onConnectStart: OnConnectStart = useCallback((_event, { nodeId, handleId }) => {
    if (!nodeId || !handleId || handleId === "order") return;
    const end = readHandle(nodeId, handleId);
    const fits = new Set(endsThatFit(editor.shown.board, end).map(portKey));
    editor.set({ fits: fits.add(portKey(end)) });
  }, [editor]);

  const onConnectEnd: OnConnectEnd = useCallback((event, state) => {
    editor.set({ fits: null });
    const { fromHandle, toHandle } = state;
    if (readOnly || !fromHandle?.id || fromHandle.id === "order") return;
    if (toHandle?.id) {
      const ends = [readHandle(fromHandle.nodeId, fromHandle.id), readHandle(toHandle.nodeId, toHandle.id)] as const;
      const why = state.isValid ? "" : whyNotJoin(editor.shown.board, ...ends);
      return why ? editor.session.refuse(why) : undefined;
    }
    if (moved.current) return; // a wire that is there lost its end
    if (!isGround(event.target) && !(event.target as Element | null)?.closest(".pf-container")) return;
    offer(pointOf(event), readHandle(fromHandle.nodeId, fromHandle.id));
  }, [editor, offer, readOnly]);

  const onReconnectEnd = useCallback((event: MouseEvent | TouchEvent, edge: AnyEdge, _side: unknown, state: FinalConnectionState) => {
    moved.current = false;
    if (edge.type === "wire" && edge.data && !state.toHandle && isGround(event.target)) edit(editor, cut(edge.data.wire));
  }, [editor]);

  const onReconnect = useCallback((edge: AnyEdge, wire: Connection) => {
    if (edge.type === "wire" && edge.data) edit(editor, ...rejoin(editor.shown.board, edge.data.wire, ...endsOf(wire)));
  }, [editor]);

  const onNodeDrag: OnNodeDrag<AnyNode> = useCallback((event, _node, dragged) => {
    const point = flow.screenToFlowPosition({ x: pointOf(event)[0], y: pointOf(event)[1] });
    const moving = new Set(dragged.map((node) => node.id));
    const over = containerAt(editor.shown.board, drawing.found, [point.x, point.y], moving)?.id ?? null;
    const [first] = dragged;
    const home = first && staysIn(editor.shown.board, first.id, over);
    const next = home ? null : over;
    if (next !== editor.ui.over) editor.set({ over: next });
  }, [editor, flow, drawing.found]);

  const onNodeDragStop: OnNodeDrag<AnyNode> = useCallback((event, _node, dragged) => {
    dragging.current = false;
    editor.set({ over: null });
    const at = flow.screenToFlowPosition({ x: pointOf(event)[0], y: pointOf(event)[1] });
    const ops = letGo(editor.shown.board, drawing, dragged, [at.x, at.y]);
    if (ops.length) edit(editor, ...ops);
    else setNodes((now) => carryOver(now, drawing.nodes));
  }, [editor, flow, drawing]);

  const onDrop = useCallback((event: DragEvent) => {
    const text = event.dataTransfer.getData(DRAGGED);
    if (!text || readOnly) return;
    event.preventDefault();
    const ground = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const corner: Spot = [ground.x - 120, ground.y - 24];
    const drop = dropAt(editor.shown.board, drawing.found, { point: [ground.x, ground.y], corner });
    const item = JSON.parse(text) as PaletteItem | { step: string };
    const wire = editor.shown.board.wires.find((one) => one.id === edgeUnder(event)?.getAttribute("data-id"));
    take(edgeUnder(event), false);
    if ("step" in item) addKind(editor, item.step, drop);
    else if (wire) addBetween(editor, item, wire, drop);
    else addItem(editor, item, drop);
    backToGround(editor);
  }, [editor, flow, drawing.found, readOnly]);

  const shown = useMemo(() => marked({ ...drawing, nodes }, selection), [drawing, nodes, selection]);
  return (
    <ReactFlow<AnyNode, AnyEdge>
      className={`${zoomedOut ? "pf-far" : ""}${many ? " pf-many" : ""}`}
      nodes={shown.nodes}
      edges={shown.edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      colorMode={mode}
      onNodesChange={onNodesChange}
      onEdgesChange={(changes) => {
        const wires = new Set(editor.ui.selection.wires);
        for (const change of changes) {
          if (change.type === "select") change.selected ? wires.add(change.id) : wires.delete(change.id);
        }
        editor.set({ selection: { ...editor.ui.selection, wires } });
      }}
      onConnect={onConnect}
      onConnectStart={onConnectStart}
      onConnectEnd={onConnectEnd}
      onReconnect={onReconnect}
      onReconnectStart={() => {
        moved.current = true;
      }}
      onReconnectEnd={onReconnectEnd}
      edgesReconnectable={!readOnly}
      reconnectRadius={14}
      isValidConnection={(wire) => wire.sourceHandle === "order" || mayJoin(editor.shown.board, ...endsOf(wire))}
      onNodeDragStart={() => {
        dragging.current = true;
      }}
      onNodeDrag={onNodeDrag}
      onNodeDragStop={onNodeDragStop}
      onNodeDoubleClick={(_event, node) => {
        const called = editor.go && node.type === "step" && node.data.card.kind === "call";
        called ? openCall(editor, node.id) : editor.set({ panel: "inspector" });
      }}
      onNodeContextMenu={(event, node) => {
        if (node.type !== "step") return;
        event.preventDefault();
        editor.set({ selection: only(node.id), choosing: { kind: "menu", card: node.id, at: [event.clientX, event.clientY] } });
      }}
      onDoubleClick={(event) => {
        if (!readOnly && isGround(event.target)) offer([event.clientX, event.clientY], null);
      }}
      onPaneContextMenu={(event) => {
        if (readOnly) return;
        event.preventDefault();
        offer([event.clientX, event.clientY], null);
      }}
      zoomOnDoubleClick={false}
      onPaneClick={() => editor.set({ selection: NONE, choosing: null, policy: null })}
      onDrop={onDrop}
      onDragLeave={(event) => take(edgeUnder(event), false)}
      onDragOver={(event) => {
        event.preventDefault();
        take(edgeUnder(event), true);
        event.dataTransfer.dropEffect = "copy";
      }}
      nodesDraggable={!readOnly}
      nodesConnectable={!readOnly}
      deleteKeyCode={null}
      multiSelectionKeyCode={["Shift", "Meta", "Control"]}
      selectionKeyCode="Shift"
      disableKeyboardA11y
      nodeDragThreshold={3}
      connectionRadius={26}
      minZoom={0.06}
      maxZoom={1.8}
      onMoveStart={() => moving(editor, true)}
      onMoveEnd={() => moving(editor, false)}
      onInit={() => requestAnimationFrame(() => beginView(editor, flow))}
      onlyRenderVisibleElements={many}
      zIndexMode="manual"
    >
      <div aria-hidden="true"><Background variant={BackgroundVariant.Dots} gap={20} size={1.2} /></div>
      {board.cards.length > FEW && board.cards.length < FLUID && <MiniMap pannable zoomable ariaLabel="Map of the pipeline" className="pf-map" nodeBorderRadius={6} />}
    </ReactFlow>
  );
}

/**
 * React Flow measures each card when it comes into view, handle by handle. Of cards whose handles are
 * known that is spared, and a card that is drawn small, without handles, keeps its wires.
 */
function measureOnlyUnknown(store: ReturnType<typeof useStoreApi<AnyNode, AnyEdge>>): void {
  const { updateNodeInternals: measure } = store.getState();
  store.setState({
    updateNodeInternals: (updates, params) => {
      const { nodeLookup } = store.getState();
      const unknown = new Map([...updates].filter(([id]) => !nodeLookup.get(id)?.handles));
      if (unknown.size) measure(unknown, params);
    },
  });
}

/** While the ground moves it is a picture that is pushed about, not drawn anew at every step. */
function moving(editor: Editor, is: boolean): void {
  editor.root?.querySelector(".react-flow")?.toggleAttribute("data-moving", is);
}

/** Whether two ends may be joined, of which one may stand for several. */
function mayJoin(board: Board, one: End, other: End): boolean {
  return canJoin(board, one, other) || behind(board, one, other).length > 0;
}

/** The drawing of the board, made anew when the board changes. */
function useDrawing(): Drawing {
  const board = useShown((shown) => shown.board);
  const opened = useUi((ui) => ui.opened);
  const before = useRef<Drawing | null>(null);
  return useMemo(() => {
    before.current = drawBoard(board, before.current, opened);
    return before.current;
  }, [board, opened]);
}

/** New nodes, with what React Flow measured on those before. */
function carryOver(now: readonly AnyNode[], next: readonly AnyNode[]): AnyNode[] {
  const old = new Map(now.map((node) => [node.id, node]));
  return next.map((node) => {
    const measured = old.get(node.id)?.measured;
    return !node.handles && measured && node.measured !== measured ? { ...node, measured } : node;
  });
}

function isGround(target: EventTarget | null): boolean {
  return (target as Element | null)?.classList.contains("react-flow__pane") ?? false;
}

/** The wire under what is dragged from the palette. */
function edgeUnder(event: DragEvent): Element | null {
  return (event.target as Element).closest(".react-flow__edge-wire");
}

/** Show on a wire that what is dragged would be put between its ends. */
function take(edge: Element | null, is: boolean): void {
  edge?.toggleAttribute("data-takes", is);
}

function endsOf(wire: { source: string; target: string; sourceHandle?: string | null; targetHandle?: string | null }): [ReturnType<typeof readHandle>, ReturnType<typeof readHandle>] {
  return [readHandle(wire.source, wire.sourceHandle ?? ""), readHandle(wire.target, wire.targetHandle ?? "")];
}

function pointOf(event: { clientX: number; clientY: number } | MouseEvent | TouchEvent): Spot {
  if ("clientX" in event) return [event.clientX, event.clientY];
  const [touch] = [...event.changedTouches];
  return [touch?.clientX ?? 0, touch?.clientY ?? 0];
}

/** Cards were let go: they stand elsewhere, or in another list. */
function letGo(board: ReturnType<typeof useEditor>["shown"]["board"], drawing: Drawing, dragged: readonly AnyNode[], point: Spot): Operation[] {
  const moved = dragged.filter((node) => {
    const box = drawing.found.get(node.id);
    return node.id !== INPUTS && box && (Math.abs(box.x - node.position.x) > 0.5 || Math.abs(box.y - node.position.y) > 0.5);
  });
  const ids = new Set(moved.map((node) => node.id));
  const places: { [id: string]: Spot } = {};
  const ops: Operation[] = [];
  for (const card of outermost(board, ids)) {
    const node = moved.find((one) => one.id === card.id);
    if (!node) continue;
    const spot: Spot = [Math.round(node.position.x), Math.round(node.position.y)];
    const home = card.parent === null || card.parent === board.root ? [0, 0] as const : cornerOf(board, card.parent, drawing.found);
    const corner: Spot = [spot[0] + home[0], spot[1] + home[1]];
    const drop = dropAt(board, drawing.found, { point, corner, but: ids });
    if (staysIn(board, card.id, drop.parent)) places[card.id] = keepInside(board, card.parent, spot);
    else ops.push(...moveInto(board, card.id, drop));
  }
  return Object.keys(places).length ? [...ops, { op: "place", at: places }] : ops;
}

/** Inside a container nothing stands left of or above its border. */
function keepInside(board: ReturnType<typeof useEditor>["shown"]["board"], parent: string | null, [x, y]: Spot): Spot {
  return parent === null || parent === board.root ? [x, y] : [Math.max(12, x), Math.max(40, y)];
}
