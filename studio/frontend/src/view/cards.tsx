/** The nodes of the drawing: steps, containers, and the pipeline's own inputs. */
import { Handle, type Node, type NodeProps, NodeToolbar, Position } from "@xyflow/react";
import { type MouseEvent, type ReactNode, createContext, memo, useContext, useMemo } from "react";
import { INPUTS } from "../model/board.ts";
import { folded } from "../model/folding.ts";
import { LANE_HEAD, type Lane } from "../model/geometry.ts";
import type { Card, Port, Problem, StepState } from "../model/protocol.ts";
import { duration, statusOfParts, statusWord } from "../model/runs.ts";
import { edit, select } from "./actions.ts";
import { Approval } from "./approval.tsx";
import { Button, Dot } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { FoldLine, PortRow, PortRows, useFreshHandles } from "./ports.tsx";
import { useEditor, useShown, useUi } from "./state.ts";

export type StepNode = Node<{ card: Card; problems: readonly Problem[]; lanes: readonly Lane[]; order: boolean; open: boolean }, "step">;
export type InputsNode = Node<{ ports: readonly Port[]; open: boolean }, "inputs">;
export type AnyNode = StepNode | InputsNode;

/** Whether cards are so many and so small that only their names can be told. */
export const Far = createContext(false);

const NONE: ReadonlySet<string> = new Set();

export const StepCard = memo(function StepCard({ data, selected }: NodeProps<StepNode>): ReactNode {
  const { card, problems, lanes, order, open } = data;
  const far = useContext(Far);
  useFreshHandles(card.id, card.inputs, card.outputs, order);
  const pending = useShown((shown) => shown.pending.has(card.id));
  const own = useShown((shown) => shown.run?.steps[card.id]);
  const told = useShown((shown) => (card.container && !shown.run?.steps[card.id] ? statusOfParts(shown.board, shown.run, card.id) : ""));
  const state = useMemo(() => own ?? (told ? { status: told } : undefined), [own, told]);
  const stale = useStale(card.id);
  const over = useUi((ui) => ui.over === card.id);
  const asks = useUi((ui) => ui.policy?.card === card.id);
  const wrong = useMemo(() => {
    return problems.length ? new Set(problems.map((problem) => problem.name)) : NONE;
  }, [problems]);
  const worst = problems.some((problem) => problem.severity === "error") ? "error" : problems.length ? "warning" : "";
  const classes = [
    "pf-card",
    `pf-k-${card.kind}`,
    card.container && "pf-container",
    selected && "pf-selected",
    pending && "pf-pending",
    over && "pf-over",
    worst && `pf-${worst}`,
    state && `pf-run pf-s-${state.status}`,
    stale && "pf-stale",
  ].filter(Boolean).join(" ");
  if (far && !card.container && !selected && state?.status !== "waiting") {
    return (
      <div className={classes}>
        <div className="pf-head">
          <strong>{card.title}</strong>
          {(state || stale) && <State state={state} stale={stale} />}
        </div>
      </div>
    );
  }
  return (
    <div className={classes}>
      {order && <Handle id="order" type="target" position={Position.Left} className="pf-order" isConnectableStart={false} />}
      {order && <Handle id="order" type="source" position={Position.Right} className="pf-order" />}
      <div className="pf-head">
        <Icon name={card.kind} size={15} />
        <strong>{card.title}</strong>
        {worst && <span className={`pf-mark pf-${worst}`}><Icon name="problem" size={14} /></span>}
        {card.pins.length > 0 && <PinMark card={card} />}
        {(state || stale) && <State state={state} stale={stale} />}
        <CardMenu card={card} />
      </div>
      <div className="pf-about">{card.id === card.title ? card.about : `${card.id}${card.about ? ` · ${card.about}` : ""}`}</div>
      <PortRows card={card.id} inputs={card.inputs} outputs={card.outputs} wrong={wrong} open={open} selected={selected} />
      <Badges card={card} selected={selected} />
      {lanes.map((lane) => <LaneFrame key={`${lane.slot}${lane.case}`} lane={lane} />)}
      {state && <Progress state={state} />}
      {card.note && <div className="pf-note" title={card.note}>{card.note}</div>}
      {selected && !asks && problems.length > 0 && <Mend card={card} problems={problems} />}
      {state?.status === "waiting" && <Approval step={card.id} />}
    </div>
  );
});

/** Opens what can be done with the step. */
function CardMenu({ card }: { card: Card }): ReactNode {
  const editor = useEditor();
  const open = (event: MouseEvent): void => {
    event.stopPropagation();
    select(editor, card.id);
    editor.set({ choosing: { kind: "menu", card: card.id, at: [event.clientX, event.clientY] } });
  };
  return (
    <button type="button" className="pf-more nodrag" tabIndex={-1} title="What can be done (M)" aria-label={`Menu of ${card.id}`} aria-haspopup="dialog" onClick={open}>
      <Icon name="more" size={15} />
    </button>
  );
}

/** How far a step is that does something many times, or says how far it is. */
function Progress({ state }: { state: StepState }): ReactNode {
  const many = (state.of ?? 0) > 1;
  if (state.status !== "running" || (!many && typeof state.fraction !== "number")) return null;
  const value = many ? (state.done ?? 0) : (state.fraction ?? 0);
  return <progress className="pf-progress" value={value} max={many ? state.of : 1} aria-label="How far it is" />;
}

/** How many of a step's times are done, while it runs. */
function sayMany({ status, done = 0, of = 0 }: StepState): string {
  return status === "running" && of > 1 ? `${done} of ${of}` : "";
}

/** Why the values of a step do not count any more; empty where they do, and while one looks back. */
export function useStale(id: string): string {
  return useShown((shown) => (shown.past ? "" : (shown.standing.stale[id] ?? "")));
}

const STALE: { readonly [why: string]: string } = {
  changed: "Changed since it last ran",
  follows: "Something before it changed since it last ran",
};

/** Why a step is stale, in words. */
export function sayStale(why: string): string {
  return STALE[why] ?? "";
}

function State({ state, stale }: { state: StepState | undefined; stale: string }): ReactNode {
  const times = (state?.attempts ?? 1) > 1 ? ` ·${state?.attempts}×` : "";
  const seconds = duration(state?.seconds);
  const isOld = stale && !["running", "waiting", "queued"].includes(state?.status ?? "");
  if (!state) return <span className="pf-state pf-old" title={sayStale(stale)}>stale</span>;
  const word = seconds && state.status === "ok" ? seconds : sayMany(state) || statusWord(state.status);
  return (
    <span className={`pf-state${isOld ? " pf-old" : ""}`} title={isOld ? sayStale(stale) : state.error || (state.reused ? "Taken from an earlier run" : statusWord(state.status))}>
      {isOld ? "stale" : state.reused ? `reused, ${word}` : word}
      {times}
      <Dot status={state.status} />
    </span>
  );
}

function Badges({ card, selected }: { card: Card; selected: boolean }): ReactNode {
  const editor = useEditor();
  if (card.policies.length === 0) return null;
  return (
    <div className="pf-badges">
      {card.policies.map((policy, at) => (
        <button
          type="button"
          key={at}
          className="pf-badge nodrag"
          title={`Policy: ${policy.text}`}
          tabIndex={selected ? 0 : -1}
          aria-haspopup="dialog"
          onClick={(event) => {
            event.stopPropagation();
            select(editor, card.id);
            editor.set({ policy: { card: card.id, at } });
          }}
        >
          {policy.text}
        </button>
      ))}
    </div>
  );
}

/** Says that a step does not run but gives what it made before; press it to let go. */
function PinMark({ card }: { card: Card }): ReactNode {
  const editor = useEditor();
  const broken = useShown((shown) => shown.standing.broken[card.id] ?? "");
  const run = useShown((shown) => shown.standing.pinned[card.id] ?? "");
  const of = run ? ` of run ${run.slice(-8)}` : "";
  const title = broken ? `Pinned, but ${broken}` : `Pinned: it does not run, its values${of} are used`;
  return (
    <button
      type="button"
      className={`pf-pin nodrag${broken ? " pf-error" : ""}`}
      title={editor.readOnly ? title : `${title}. Press to let go.`}
      aria-label={title}
      tabIndex={-1}
      disabled={editor.readOnly}
      onClick={(event) => {
        event.stopPropagation();
        edit(editor, { op: "pin", step: card.id, ports: [] });
      }}
    >
      <Icon name="pin" size={13} />
    </button>
  );
}

function LaneFrame({ lane }: { lane: Lane }): ReactNode {
  if (!lane.title && !lane.empty) return null;
  const head = lane.title ? LANE_HEAD : 0;
  return (
    <>
      {lane.title && (
        <div className="pf-way" style={{ left: lane.x, top: lane.y }} title={lane.title}>{lane.title}</div>
      )}
      {lane.empty && (
        <div className="pf-empty" style={{ left: lane.x, top: lane.y + head, width: lane.width, height: lane.height - head }}>
          Drop a step here
        </div>
      )}
    </>
  );
}

/** Problems at the place, with what mends them. */
function Mend({ card, problems }: { card: Card; problems: readonly Problem[] }): ReactNode {
  const editor = useEditor();
  return (
    <NodeToolbar nodeId={card.id} isVisible position={Position.Bottom} offset={8} className="pf-mend nodrag">
      {problems.map((problem) => (
        <div key={problem.code + problem.name + problem.message} className={`pf-${problem.severity}`}>
          <Icon name="problem" size={14} />
          <p>{problem.message}</p>
          {problem.fix && !editor.readOnly && (
            <Button label={problem.fix.text} worded look="plain" onClick={() => problem.fix && edit(editor, problem.fix.operation)} />
          )}
        </div>
      ))}
    </NodeToolbar>
  );
}

export const InputsCard = memo(function InputsCard({ data }: NodeProps<InputsNode>): ReactNode {
  const { ports, open } = data;
  const { shown, idle } = folded(ports);
  const drawn = open ? [...shown, ...idle] : shown;
  useFreshHandles(INPUTS, [], drawn);
  const row = (port: Port): ReactNode => (
    <PortRow key={port.name} card={INPUTS} port={{ ...port, scope: port.name, set: undefined }} side="output" wrong={false} />
  );
  return (
    <div className="pf-inputs">
      <h3>Inputs</h3>
      {shown.map(row)}
      {idle.length > 0 && <FoldLine card={INPUTS} idle={idle} open={open} stop={false} alone={shown.length === 0} />}
      {open && idle.map(row)}
    </div>
  );
});
