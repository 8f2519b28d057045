/** The form of one step. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { canBePinned, outerPorts, typeName } from "../model/board.ts";
import { fixValue, nameOutput } from "../model/edits.ts";
import { placeholderOf } from "../model/forms.ts";
import type { Board, Card, Field, Port } from "../model/protocol.ts";
import { duration, isOver, statusWord } from "../model/runs.ts";
import { renamed } from "../model/selection.ts";
import { askPack, duplicate, edit, openCall, removeSelection, run, select, showSides, unpack } from "./actions.ts";
import { sayStale, useStale } from "./cards.tsx";
import { Button, Dot, Section } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { Preview } from "./looks.tsx";
import { Policies } from "./policies.tsx";
import { ProblemList } from "./problems.tsx";
import { useEditor, useShown, useUi } from "./state.ts";
import { Typed, Value } from "./value.tsx";

const TEXT = { type: "string" };
const LONG = { type: "string", format: "long" };

/** What a step calls is its title, and its outputs have forms of their own. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(["use", "call", "to"]);

export function CardForm({ card, board }: { card: Card; board: Board }): ReactNode {
  const editor = useEditor();
  const { readOnly } = editor;
  const rename = (value: unknown): void => {
    if (typeof value !== "string" || value === card.id || !value.trim()) return;
    editor.set({ selection: renamed(editor.ui.selection, card.id, value) });
    edit(editor, { op: "rename", step: card.id, to: value });
  };
  const fields = card.fields.filter((field) => !SAID_ELSEWHERE.has(field.name));
  const forming = useUi((ui) => ui.forming) && fields.length > 0;
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!forming) return;
    editor.set({ forming: false });
    const first = form.current?.querySelector<HTMLElement>("input, textarea, select");
    first?.focus();
    if (first instanceof HTMLInputElement) first.select();
  }, [forming, editor]);
  return (
    <>
      <header className="pf-title">
        <Icon name={card.kind} size={18} />
        <h2>{card.title}</h2>
        {!readOnly && <Button icon="copy" label="Duplicate" keys="Ctrl D" onClick={() => duplicate(editor)} />}
        {!readOnly && <Button icon="trash" label="Delete" keys="Del" onClick={() => removeSelection(editor)} />}
      </header>
      {card.kind === "call" && (
        <div className="pf-row">
          {editor.go && <Button icon="open" label="Open" keys="O" worded look="plain" onClick={() => openCall(editor, card.id)} />}
          {!readOnly && <Button icon="unwrap" label="Unpack" keys="U" worded look="plain" onClick={() => unpack(editor, card.id)} />}
        </div>
      )}
      {card.about && <p className="pf-lead">{card.about}</p>}
      <ProblemList step={card.id} />
      <RunState card={card} />
      {fields.length > 0 && (
        <Section title="Settings" place={form}>
          {fields.map((field) => <FieldValue key={`${field.name} ${field.case}`} card={card} field={field} />)}
        </Section>
      )}
      <Inputs card={card} board={board} />
      <Outputs card={card} board={board} />
      <Section title="Policies"><Policies card={card} /></Section>
      <Section title="This step">
        <Value label="Id" schema={TEXT} value={card.id} disabled={readOnly} onChange={rename} />
        <Value label="Note" schema={LONG} value={card.note} placeholder="For those who read this" disabled={readOnly} onChange={(value) => edit(editor, { op: "note", step: card.id, text: String(value ?? "") })} />
        {!readOnly && (
          <div className="pf-row">
            <Button icon="pack" label="Make a pipeline…" worded look="plain" onClick={() => askPack(editor)} />
            <Button icon="wrap" label="Put into…" worded look="plain" onClick={() => editor.set({ choosing: { kind: "wrap" } })} />
            {card.container && <Button icon="unwrap" label="Unwrap" worded look="plain" onClick={() => edit(editor, { op: "unwrap", step: card.id })} />}
          </div>
        )}
      </Section>
    </>
  );
}

function FieldValue({ card, field }: { card: Card; field: Field }): ReactNode {
  const editor = useEditor();
  const many = card.fields.filter((other) => other.name === field.name).length > 1;
  const fallback = field.schema.default;
  return (
    <Value
      label={words(field.name) + (many ? ` ${field.case + 1}` : "")}
      schema={field.schema}
      value={field.value ?? undefined}
      placeholder={fallback === undefined ? "" : String(fallback)}
      help={field.help}
      disabled={editor.readOnly}
      onChange={(value) => edit(editor, { op: "set", step: card.id, field: field.name, value: value ?? null, case: field.case })}
    />
  );
}

function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function Inputs({ card, board }: { card: Card; board: Board }): ReactNode {
  const inputs = outerPorts(card.inputs);
  if (inputs.length === 0) return null;
  return (
    <Section title="Takes">
      {inputs.map((port) => <Input key={port.name} card={card} port={port} board={board} />)}
    </Section>
  );
}

function isCalled(card: Card): boolean {
  return card.kind === "use" || card.kind === "call";
}

/** An input: read over a wire, fixed here, or left at its default. */
function Input({ card, port, board }: { card: Card; port: Port; board: Board }): ReactNode {
  const editor = useEditor();
  const wire = board.wires.find((one) => one.target === card.id && one.input === port.name);
  const type = <code title="type">{typeName(board.types, port.type)}</code>;
  if (wire && !port.idle && port.set === undefined) {
    const from = wire.source === null ? "the pipeline's inputs" : wire.source;
    return (
      <div className="pf-field">
        <div className="pf-label"><span>{port.name}</span>{type}</div>
        <div className="pf-wired">
          <Icon name="wire" size={14} />
          <button type="button" className="pf-link" onClick={() => wire.source && select(editor, wire.source, { look: true })}>
            {wire.name === port.name ? from : `${from} · ${wire.name}`}
          </button>
          {!editor.readOnly && <Button icon="close" label={`Take the wire to ${port.name} away`} onClick={() => edit(editor, { op: "leave", step: card.id, input: port.name })} />}
        </div>
        {port.help && <p className="pf-help">{port.help}</p>}
      </div>
    );
  }
  const hidden = port.secret && port.set !== undefined;
  return (
    <Value
      label={port.name}
      aside={type}
      schema={port.schema}
      value={hidden ? undefined : port.set}
      secret={port.secret}
      placeholder={hidden ? "•••••• (kept)" : placeholderOf(port)}
      help={port.help}
      disabled={editor.readOnly || !isCalled(card)}
      onChange={(value) => edit(editor, fixValue(card, port.name, value))}
    />
  );
}

function Outputs({ card, board }: { card: Card; board: Board }): ReactNode {
  const [open, setOpen] = useState<string | null>(null);
  const execution = useShown((shown) => shown.run?.execution ?? "");
  const done = useShown((shown) => shown.run?.steps[card.id]?.status === "ok");
  const editor = useEditor();
  const outputs = outerPorts(card.outputs);
  if (outputs.length === 0) return null;
  const pin = (port: string): void => {
    const ports = card.pins.includes(port) ? card.pins.filter((one) => one !== port) : [...card.pins, port];
    edit(editor, { op: "pin", step: card.id, ports, ...(ports.length ? { run: execution } : {}) });
  };
  const mayPin = !editor.readOnly && canBePinned(board, card);
  return (
    <Section title="Gives">
      {outputs.map((port) => (
        <div key={port.name} className="pf-field">
          <div className="pf-label">
            <span>{port.name}</span>
            <code>{typeName(board.types, port.type)}</code>
            {execution && <Button icon="eye" label={`Show ${port.name}`} aria-expanded={open === port.name} onClick={() => setOpen(open === port.name ? null : port.name)} />}
            {mayPin && (done || card.pins.includes(port.name)) && (
              <Button icon="pin" label={card.pins.includes(port.name) ? `Let go of ${port.name}` : `Pin ${port.name}`} aria-pressed={card.pins.includes(port.name)} onClick={() => pin(port.name)} />
            )}
          </div>
          {isCalled(card) && (
            <Typed
              label={`Name of ${port.name} for other steps`}
              value={port.scope}
              placeholder="not kept"
              disabled={editor.readOnly}
              onChange={(name) => edit(editor, nameOutput(card, port.name, name))}
            />
          )}
          {port.help && <p className="pf-help">{port.help}</p>}
          {open === port.name && <Preview step={card.id} port={port.name} />}
        </div>
      ))}
    </Section>
  );
}

/** How the step stands in the run, and what can be run of it. */
function RunState({ card }: { card: Card }): ReactNode {
  const editor = useEditor();
  const run_ = useShown((shown) => shown.run);
  const state = run_?.steps[card.id];
  const idle = isOver(run_);
  const stale = useStale(card.id);
  const broken = useShown((shown) => shown.standing.broken[card.id] ?? "");
  return (
    <div className="pf-runstate">
      {state && (
        <p>
          <Dot status={state.status} /> {statusWord(state.status)} {duration(state.seconds)}
          {(state.attempts ?? 1) > 1 && `, ${state.attempts} attempts`}
        </p>
      )}
      {state?.reused && <p className="pf-help">It did not run: its values were taken from an earlier run.</p>}
      {stale && <p className="pf-help"><Icon name="problem" size={14} /> {sayStale(stale)}; its values may be out of date.</p>}
      {broken && (
        <p className="pf-wrong">
          Pinned, but {broken}.
          {!editor.readOnly && <Button label="Let go" worded look="plain" onClick={() => edit(editor, { op: "pin", step: card.id, ports: [] })} />}
        </p>
      )}
      {state?.error && <pre className="pf-wrong">{state.error}</pre>}
      {state?.partial && <pre className="pf-partial">{state.partial}</pre>}
      {run_?.execution && <Button icon="eye" label="What it took and gave" keys="V" worded look="plain" onClick={() => showSides(editor, card.id)} />}
      {!editor.readOnly && (
        <div className="pf-runs">
          <Button label="Run to here" worded look="plain" disabled={!idle} onClick={() => run(editor, { until: card.id })} />
          <Button label="From here" worded look="plain" disabled={!idle || !run_} onClick={() => run(editor, { since: card.id })} />
          <Button label="Only this" worded look="plain" disabled={!idle || !run_} onClick={() => run(editor, { only: card.id })} />
        </div>
      )}
    </div>
  );
}
