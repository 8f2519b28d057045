/** The edges of the drawing: wires with names where they change, and order. */
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { type ReactNode, memo } from "react";
import type { Wire } from "../model/protocol.ts";

export type WireEdge = Edge<{ wire: Wire }, "wire">;
export type OrderEdge = Edge<{ written: boolean }, "order">;
export type AnyEdge = WireEdge | OrderEdge;

/** What stands on a wire: the names along it where they differ; else nothing. */
function nameOf({ output, name, input }: Wire): string {
  const names = [output, name, input].filter((one, at, all) => one !== all[at - 1]);
  return names.length > 1 ? names.join(" → ") : "";
}

/** Pixels beside a name, below which it would hide its own wire. */
const ROOM = 60;

export const WirePath = memo(function WirePath(props: EdgeProps<WireEdge>): ReactNode {
  const [path, x, y] = getBezierPath({ ...props, curvature: 0.3 });
  const wire = props.data?.wire;
  const name = wire ? nameOf(wire) : "";
  const roomy = props.targetX - props.sourceX > 7 * name.length + ROOM;
  const shown = props.selected ? name || wire?.name : roomy ? name : "";
  return (
    <>
      <BaseEdge path={path} interactionWidth={18} className={wire?.certain ? "" : "pf-maybe"} />
      {shown && (
        <EdgeLabelRenderer>
          <div
            className={`pf-wire-name${props.selected ? " pf-selected" : ""}`}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          >
            {shown}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});

export const OrderPath = memo(function OrderPath(props: EdgeProps<OrderEdge>): ReactNode {
  const [path] = getBezierPath({ ...props, curvature: 0.3 });
  return <BaseEdge path={path} interactionWidth={props.data?.written ? 14 : 0} />;
});
