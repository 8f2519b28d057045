/** The edges of the drawing: wires with names where they change, and order. */
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { type ReactNode, memo } from "react";
import type { Spot, Wire } from "../model/protocol.ts";
import { type Route, pathThrough } from "../model/routing.ts";

export type WireEdge = Edge<{ wire: Wire; route: Route | null }, "wire">;
export type OrderEdge = Edge<{ written: boolean }, "order">;
export type AnyEdge = WireEdge | OrderEdge;

/** What stands on a wire: the names along it where they differ; else nothing. */
function nameOf({ output, name, input }: Wire): string {
  const names = [output, name, input].filter((one, at, all) => one !== all[at - 1]);
  return names.length > 1 ? names.join(" → ") : "";
}

/** Pixels beside a name, below which it would hide its own wire. */
const ROOM = 60;

/** How far the ends may be from where they were thought to be; further off, somebody moves them. */
const NEAR = 20;

/** The line of a wire, where its name stands, and how much room there is for it. */
function lineOf(props: EdgeProps<WireEdge>): [path: string, x: number, y: number, wide: number] {
  const { sourceX, sourceY, targetX, targetY } = props;
  const route = props.data?.route;
  const near = (spot: Spot, x: number, y: number): boolean => Math.abs(spot[0] - x) < NEAR && Math.abs(spot[1] - y) < NEAR;
  if (!route || !near(route.from, sourceX, sourceY) || !near(route.to, targetX, targetY)) {
    const [path, x, y] = getBezierPath({ ...props, curvature: 0.3 });
    return [path, x, y, targetX - sourceX];
  }
  const path = pathThrough([sourceX, sourceY], route.points, [targetX, targetY]);
  const [[left, y] = [sourceX, sourceY], [right] = [targetX]] = route.points;
  return [path, (left + right) / 2, y, right - left];
}

export const WirePath = memo(function WirePath(props: EdgeProps<WireEdge>): ReactNode {
  const wire = props.data?.wire;
  const [path, x, y, wide] = lineOf(props);
  const name = wire ? nameOf(wire) : "";
  const roomy = wide > 7 * name.length + ROOM;
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
