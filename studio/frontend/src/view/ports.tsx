/** Ports of a card: a handle, a name, and what is fixed there. */
import { Handle, Position } from "@xyflow/react";
import { type ReactNode, memo } from "react";
import { typeName } from "../model/board.ts";
import { written } from "../model/forms.ts";
import { handleOf } from "../model/fits.ts";
import type { Port } from "../model/protocol.ts";
import { portKey, useShown, useUi } from "./state.ts";

interface PortProps {
  card: string;
  port: Port;
  side: "input" | "output";
  wrong: boolean;
}

export const PortRow = memo(function PortRow({ card, port, side, wrong }: PortProps): ReactNode {
  const inside = Boolean(port.inside);
  const end = { card, port: port.name, side, inside };
  const fits = useUi((ui) => (ui.fits === null ? "" : ui.fits.has(portKey(end)) ? " pf-fits" : " pf-misfit"));
  const type = useShown((shown) => typeName(shown.board.types, port.type));
  const left = (side === "input") !== inside;
  const scope = side === "output" && port.scope !== port.name ? port.scope : "";
  const fixed = port.set !== undefined;
  const read = side === "input" && !inside && !fixed && port.scope !== port.name ? port.scope : "";
  const classes = `pf-port pf-${side}${inside ? " pf-inside" : ""}${fits}${wrong ? " pf-bad" : ""}`;
  return (
    <div className={classes} title={`${port.name}${read ? ` ← ${read}` : scope ? ` → ${scope}` : ""}: ${type}${port.help ? `\n${port.help}` : ""}`}>
      <Handle
        id={handleOf(end)}
        type={side === "input" ? "target" : "source"}
        position={left ? Position.Left : Position.Right}
        className={port.optional || fixed ? "pf-hollow" : ""}
        isConnectable={!(inside && side === "input")}
      />
      <span className={side === "output" && !port.scope && !inside ? "pf-hidden" : ""}>{scope || port.name}</span>
      {read && <small>← {read}</small>}
      {fixed && <em>{port.secret ? "••••" : written(port.set)}</em>}
    </div>
  );
});

interface RowsProps {
  card: string;
  inputs: readonly Port[];
  outputs: readonly Port[];
  wrong: ReadonlySet<string>;
}

/** The rows of a card: what goes in at the left, what comes out at the right. */
export function PortRows(props: RowsProps): ReactNode {
  const { card, inputs, outputs, wrong } = props;
  const count = Math.max(inputs.length, outputs.length);
  if (count === 0) return null;
  if ([...inputs, ...outputs].some((port) => port.inside)) return <PortColumns {...props} />;
  return (
    <div className="pf-rows">
      {Array.from({ length: count }, (_, at) => {
        const [input, output] = [inputs[at], outputs[at]];
        return (
          <div className="pf-ports" key={at}>
            {input && <PortRow card={card} port={input} side="input" wrong={wrong.has(input.name)} />}
            {output && <PortRow card={card} port={output} side="output" wrong={false} />}
          </div>
        );
      })}
    </div>
  );
}

/** The rows of a container that has ports at the inner side of its border. */
function PortColumns({ card, inputs, outputs, wrong }: RowsProps): ReactNode {
  const column = (ports: readonly Port[], side: "input" | "output", inside: boolean): ReactNode => {
    const held = ports.filter((port) => Boolean(port.inside) === inside);
    return held.length === 0 && inside ? null : (
      <div className="pf-column">
        {held.map((port) => (
          <PortRow key={port.name} card={card} port={port} side={side} wrong={side === "input" && wrong.has(port.name)} />
        ))}
      </div>
    );
  };
  return (
    <div className="pf-ports">
      {column(inputs, "input", false)}
      {column(outputs, "output", true)}
      {column(inputs, "input", true)}
      {column(outputs, "output", false)}
    </div>
  );
}
