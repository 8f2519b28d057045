/** Ports of a card: a handle, a name, and what is fixed there. */
import { Handle, Position, useUpdateNodeInternals } from "@xyflow/react";
import { type MouseEvent, type ReactNode, memo, useEffect, useRef } from "react";
import { insidePorts, outerPorts, typeName } from "../model/board.ts";
import { FOLD, folded, rowCount, sayFolded } from "../model/folding.ts";
import { written } from "../model/forms.ts";
import { handleOf } from "../model/fits.ts";
import type { Port } from "../model/protocol.ts";
import { toggleFold } from "./actions.ts";
import { Icon } from "./icons.tsx";
import { portKey, useEditor, useShown, useUi } from "./state.ts";

interface PortProps {
  card: string;
  port: Port;
  side: "input" | "output";
  wrong: boolean;
  /** The inner side of the same port. */
  children?: ReactNode;
}

export const PortRow = memo(function PortRow({ card, port, side, wrong, children }: PortProps): ReactNode {
  const end = { card, port: port.name, side, inside: false };
  const fits = useUi((ui) => (ui.fits === null ? "" : ui.fits.has(portKey(end)) ? " pf-fits" : " pf-misfit"));
  const type = useShown((shown) => typeName(shown.board.types, port.type));
  const scope = side === "output" && port.scope !== port.name ? port.scope : "";
  const fixed = port.set !== undefined;
  const read = side === "input" && !fixed && port.scope !== port.name ? port.scope : "";
  const classes = `pf-port pf-${side}${children ? " pf-through" : ""}${fits}${wrong ? " pf-bad" : ""}`;
  return (
    <div className={classes} title={`${port.name}${read ? ` ← ${read}` : scope ? ` → ${scope}` : ""}: ${type}${port.help ? `\n${port.help}` : ""}`}>
      <Handle
        id={handleOf(end)}
        type={side === "input" ? "target" : "source"}
        position={side === "input" ? Position.Left : Position.Right}
        className={port.optional || fixed ? "pf-hollow" : ""}
      />
      {children}
      <span className={side === "output" && !port.scope ? "pf-hidden" : ""}>{scope || port.name}</span>
      {read && <small>← {read}</small>}
      {fixed && <em>{port.secret ? "••••" : written(port.set)}</em>}
      {port.idle && side === "input" && <em>{port.default}</em>}
    </div>
  );
});

/** Let wires find the ports of a node that is as large as before but has others. */
export function useFreshHandles(node: string, inputs: readonly Port[], outputs: readonly Port[], order = false): void {
  const measure = useUpdateNodeInternals();
  const say = (port: Port): string => `${port.name}${port.inside ? "|" : ""}`;
  const names = [inputs.map(say), outputs.map(say), order].join(" ");
  const before = useRef(names);
  useEffect(() => {
    if (before.current === names) return;
    before.current = names;
    measure(node);
  }, [measure, node, names]);
}

interface RowsProps {
  card: string;
  /** Inputs at their defaults are shown, too. */
  open: boolean;
  /** The line that opens them is a stop for the Tab key. */
  selected: boolean;
  inputs: readonly Port[];
  outputs: readonly Port[];
  wrong: ReadonlySet<string>;
}

/** The rows of a card: what goes in at the left, what comes out at the right. */
export function PortRows(props: RowsProps): ReactNode {
  const { card, inputs, outputs, wrong, open, selected } = props;
  const { shown, idle } = folded(inputs);
  const count = Math.max(rowCount(inputs, open), outputs.length);
  if (inputs.length + outputs.length === 0) return null;
  if ([...inputs, ...outputs].some((port) => port.inside)) return <PortColumns {...props} />;
  return (
    <div className="pf-rows">
      {Array.from({ length: count }, (_, at) => {
        const input = shown[at] ?? (open ? idle[at - shown.length - 1] : undefined);
        const output = outputs[at];
        return (
          <div className="pf-ports" key={at}>
            {at === shown.length && idle.length > 0 && <FoldLine card={card} idle={idle} open={open} stop={selected} handle />}
            {input && <PortRow card={card} port={input} side="input" wrong={wrong.has(input.name)} />}
            {output && <PortRow card={card} port={output} side="output" wrong={false} />}
          </div>
        );
      })}
    </div>
  );
}

interface FoldProps {
  card: string;
  idle: readonly Port[];
  open: boolean;
  stop: boolean;
  /** Wires may end at it. */
  handle?: boolean;
  /** Nothing else is there to have more than. */
  alone?: boolean;
}

/** The line that stands for inputs at their defaults: press it to see them, or drop a wire on it. */
export function FoldLine({ card, idle, open, stop, handle = false, alone = false }: FoldProps): ReactNode {
  const editor = useEditor();
  const fits = useUi((ui) => {
    if (ui.fits === null) return "";
    return !open && idle.some((port) => ui.fits?.has(portKey({ card, port: port.name, side: "input", inside: false }))) ? " pf-fits" : " pf-misfit";
  });
  const press = (event: MouseEvent): void => {
    event.stopPropagation();
    toggleFold(editor, card);
  };
  const words = sayFolded(idle, alone);
  const told = idle.map((port) => (port.default ? `${port.name} = ${port.default}` : port.name)).join("\n");
  return (
    <div className={`pf-port ${handle ? "pf-input" : "pf-output"} pf-fold${fits}`}>
      {handle && <Handle id={handleOf({ port: FOLD, side: "input", inside: false })} type="target" position={Position.Left} className="pf-hollow" isConnectableStart={false} />}
      <button type="button" className="nodrag" tabIndex={stop ? 0 : -1} aria-expanded={open} title={told} onClick={press}>
        {words}
        <Icon name="down" size={12} />
      </button>
    </div>
  );
}

/** The rows of a container: beside what comes in at the left, where it goes on inside; so at the right. */
function PortColumns({ card, inputs, outputs, wrong }: RowsProps): ReactNode {
  const rows = (outer: readonly Port[], inner: readonly Port[], side: "input" | "output"): ReactNode => {
    const other = side === "input" ? "output" : "input";
    const alone = inner.filter((port) => !outer.some((one) => one.name === port.name));
    return (
      <div className="pf-column">
        {outer.map((port) => {
          const within = inner.find((one) => one.name === port.name);
          return (
            <PortRow key={port.name} card={card} port={port} side={side} wrong={side === "input" && wrong.has(port.name)}>
              {within && <InnerHandle card={card} port={within} side={other} />}
            </PortRow>
          );
        })}
        {alone.map((port) => (
          <div key={port.name} className={`pf-port pf-inside pf-${side}${wrong.has(port.name) ? " pf-bad" : ""}`}>
            <InnerHandle card={card} port={port} side={other} />
            <span>{port.name}</span>
          </div>
        ))}
      </div>
    );
  };
  return (
    <div className="pf-ports">
      {rows(outerPorts(inputs), insidePorts(outputs), "input")}
      {rows(outerPorts(outputs), insidePorts(inputs), "output")}
    </div>
  );
}

/** Where a wire begins or ends at the inner side of a container's border. */
function InnerHandle({ card, port, side }: { card: string; port: Port; side: "input" | "output" }): ReactNode {
  const end = { card, port: port.name, side, inside: true };
  const fits = useUi((ui) => (ui.fits === null ? "" : ui.fits.has(portKey(end)) ? " pf-fits" : " pf-misfit"));
  return (
    <span className={`pf-inner${fits}`} title={`${port.name}, inside`}>
      <Handle id={handleOf(end)} type={side === "input" ? "target" : "source"} position={side === "input" ? Position.Left : Position.Right} isConnectable={side === "output"} />
    </span>
  );
}
