/** The board as nodes and edges for React Flow; what did not change stays the same object. */
import { type NodeHandle, Position } from "@xyflow/react";
import type { SVGAttributes } from "react";
import { INPUTS, above, drawnCards, kindAround, outerPorts } from "../model/board.ts";
import { handleOf } from "../model/fits.ts";
import { CLOSED, type Opened, drawnWires, folded, rowCount, sayFolded } from "../model/folding.ts";
import { type Box, type Spotted, boxes, handlesOf, lanesOf } from "../model/geometry.ts";
import { orderEdges } from "../model/order.ts";
import type { Board, Card, Problem } from "../model/protocol.ts";
import { type Route, routes } from "../model/routing.ts";
import type { Selection } from "../model/selection.ts";
import { share } from "../model/share.ts";
import type { AnyNode, InputsNode, StepNode } from "./cards.tsx";
import type { AnyEdge } from "./wires.tsx";

export interface Drawing {
  readonly nodes: AnyNode[];
  readonly edges: AnyEdge[];
  readonly found: Map<string, Box>;
}

const NO_PROBLEMS: readonly Problem[] = [];
/** Wires run over containers and behind cards. */
const Z = { container: 0, wire: 50, card: 100 };
/** The drawing is one stop for the Tab key; arrow keys go on from there. */
const NO_STOP = { tabIndex: -1 };
/** In SVG names of attributes count as they are written. */
const NO_STOP_SVG = { tabindex: -1 } as SVGAttributes<SVGGElement>;
const INPUTS_WIDTH = { least: 150, most: 280, letter: 7.2, beside: 34 };
const INPUTS_GAP = 90;

export function drawBoard(board: Board, before: Drawing | null, opened: Opened = CLOSED): Drawing {
  const found = boxes(board, opened);
  const problems = Map.groupBy(board.problems, (problem) => problem.step);
  const orders = orderEdges(board);
  const ordered = new Set(orders.flatMap((order) => [order.source, order.target]));
  const old = new Map(before?.nodes.map((node) => [node.id, node]));
  const steps = drawnCards(board).map((card): StepNode => {
    const box = found.get(card.id) ?? { x: 0, y: 0, width: 0, height: 0 };
    const known = old.get(card.id);
    const data = {
      card: known?.type === "step" && looksLike(known.data.card, card) ? known.data.card : card,
      problems: problems.get(card.id) ?? NO_PROBLEMS,
      lanes: card.container ? lanesOf(board, card, found) : [],
      order: ordered.has(card.id) || kindAround(board, card.parent) === "graph",
      open: opened.has(card.id),
    };
    const same = known?.type === "step" && known.data.card === data.card && known.data.order === data.order && known.data.open === data.open && known.width === box.width;
    const handles = same ? known.handles : handlesOf(card, box.width, data)?.map(handle);
    return {
      id: card.id,
      type: "step",
      position: { x: box.x, y: box.y },
      width: box.width,
      height: box.height,
      zIndex: card.container ? Z.container + above(board, card).length : Z.card + (data.open ? 1 : 0),
      data: share(known?.data, data),
      ariaLabel: sayCard(card, data.problems.length),
      domAttributes: NO_STOP,
      // what is known need not be measured: a card far away is not drawn, and yet has its wires
      ...(handles && {
        measured: share(known?.measured, { width: Math.round(box.width), height: Math.round(box.height) }),
        handles: share(known?.handles, handles),
      }),
      ...(card.parent === null || card.parent === board.root ? {} : { parentId: card.parent }),
    };
  });
  const nodes: AnyNode[] = board.inputs.length ? [inputsNode(board, steps, opened), ...steps] : steps;
  const [first] = nodes;
  const taken = first?.type === "inputs" ? boxOfNode(first) : null;
  return {
    nodes: nodes.map((node) => merge(old.get(node.id), node)),
    edges: share(before?.edges, edgesOf(board, orders, routes(board, found, taken, opened), opened)),
    found,
  };
}

/** Whether two states of a card are drawn alike: others before it make its number and line grow. */
function looksLike(before: Card, now: Card): boolean {
  if (before === now) return true;
  const keys = Object.keys(now) as (keyof Card)[];
  return keys.length === Object.keys(before).length && keys.every((key) => key === "at" || key === "line" || before[key] === now[key]);
}

function handle({ id, type, side, x, y, size }: Spotted): NodeHandle {
  return { id, type, position: side === "left" ? Position.Left : Position.Right, x, y, width: size, height: size };
}

function boxOfNode({ position, width = 0, height = 0, data }: InputsNode): Box {
  return { ...position, width, height: height || 37 + 24 * rowCount(data.ports, data.open) };
}

/** A node with what React Flow has measured and marked on its forerunner. */
function merge(old: AnyNode | undefined, node: AnyNode): AnyNode {
  if (!old) return node;
  const same =
    old.data === node.data &&
    old.position.x === node.position.x &&
    old.position.y === node.position.y &&
    old.width === node.width &&
    old.height === node.height &&
    old.parentId === node.parentId &&
    old.handles === node.handles &&
    old.ariaLabel === node.ariaLabel;
  if (same) return old;
  if (old.handles && !node.handles) return node; // its handles must be looked for on the page
  return { ...old, ...node, parentId: node.parentId, handles: node.handles } as AnyNode;
}

function inputsNode(board: Board, steps: readonly StepNode[], opened: Opened): AnyNode {
  const ground = steps.filter((node) => !node.parentId);
  const left = Math.min(0, ...ground.map((node) => node.position.x));
  const open = opened.has(INPUTS);
  const [first] = drawnWires(board, opened).filter(({ wire }) => wire.source === null);
  const reader = (first?.wire ?? board.wires.find((wire) => wire.source === null))?.target;
  const { least, most, letter, beside } = INPUTS_WIDTH;
  const { shown, idle } = folded(board.inputs);
  const names = [...shown, ...(open ? idle : [])].map((port) => port.name);
  const longest = Math.max(...[...names, ...(idle.length ? [sayFolded(idle)] : [])].map((name) => name.length));
  const width = Math.round(Math.max(least, Math.min(most, longest * letter + beside)));
  const top = ground.find((node) => node.id === reader)?.position.y ?? ground[0]?.position.y ?? 0;
  return {
    id: INPUTS,
    type: "inputs",
    position: { x: left - width - INPUTS_GAP, y: top },
    width,
    draggable: false,
    selectable: false,
    data: { ports: outerPorts(board.inputs), open },
    ariaLabel: "The pipeline's inputs",
    domAttributes: NO_STOP,
  };
}

function edgesOf(board: Board, orders: ReturnType<typeof orderEdges>, ways: ReadonlyMap<string, Route>, opened: Opened): AnyEdge[] {
  const wires = drawnWires(board, opened).map(({ wire, from, to }): AnyEdge => {
    return {
      id: wire.id,
      type: "wire",
      zIndex: Z.wire,
      source: from.card,
      target: to.card,
      sourceHandle: handleOf(from),
      targetHandle: handleOf(to),
      data: { wire, route: ways.get(wire.id) ?? null },
      ariaLabel: `Wire ${wire.name} from ${wire.source ?? "the inputs"} to ${wire.target}`,
      domAttributes: NO_STOP_SVG,
    };
  });
  const order = orders.map(({ id, source, target, written }): AnyEdge => {
    return {
      id,
      type: "order",
      zIndex: Z.wire,
      source,
      target,
      sourceHandle: "order",
      targetHandle: "order",
      selectable: written,
      focusable: written,
      reconnectable: false,
      className: written ? "pf-order-edge pf-written" : "pf-order-edge",
      data: { written },
      ariaLabel: `${target} after ${source}`,
      domAttributes: NO_STOP_SVG,
    };
  });
  return [...order, ...wires];
}

/** A card in words, for a screen reader. */
function sayCard(card: Card, problems: number): string {
  const { shown, idle } = folded(card.inputs);
  const takes = [...shown.map((port) => port.name), ...(idle.length ? [sayFolded(idle)] : [])];
  const gives = outerPorts(card.outputs).map((port) => port.scope || port.name);
  return [
    `${card.title}, ${card.kind}`,
    card.id === card.title ? "" : `called ${card.id}`,
    takes.length ? `takes ${takes.join(", ")}` : "",
    gives.length ? `gives ${gives.join(", ")}` : "",
    problems ? `${problems} ${problems === 1 ? "problem" : "problems"}` : "",
  ].filter(Boolean).join("; ");
}

/** Nodes and edges with what is selected marked on them. */
export function markSelected<T extends AnyNode | AnyEdge>(list: readonly T[], ids: ReadonlySet<string>): T[] {
  return list.map((one) => (Boolean(one.selected) === ids.has(one.id) ? one : { ...one, selected: ids.has(one.id) }));
}

export function marked(drawing: Drawing, selection: Selection): Drawing {
  return {
    ...drawing,
    nodes: markSelected(drawing.nodes, selection.cards),
    edges: markSelected(drawing.edges, selection.wires),
  };
}
