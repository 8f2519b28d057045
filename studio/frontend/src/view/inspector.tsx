/** Beside the drawing: the form of what is selected, be it a step, a wire, several, or nothing. */
import type { ReactNode } from "react";
import { OUTPUTS, cardOf, drawnCards, typeName } from "../model/board.ts";
import { type Side, align, areNeighbours, whyNotPack } from "../model/edits.ts";
import { boxes } from "../model/geometry.ts";
import { cut } from "../model/fits.ts";
import type { Port } from "../model/protocol.ts";
import { isOver } from "../model/runs.ts";
import { askPack, duplicate, edit, removeSelection, run } from "./actions.ts";
import { CardForm } from "./card_form.tsx";
import { Button, Section } from "./controls.tsx";
import { Preview } from "./looks.tsx";
import { ProblemList } from "./problems.tsx";
import { useEditor, useShown, useUi } from "./state.ts";
import { Value } from "./value.tsx";

export function Inspector(): ReactNode {
  const board = useShown((shown) => shown.board);
  const selection = useUi((ui) => ui.selection);
  const cards = [...selection.cards];
  const [wire] = board.wires.filter((one) => selection.wires.has(one.id));
  const card = cards.length === 1 ? cardOf(board, cards[0] ?? null) : undefined;
  if (card) return <CardForm key={card.id} card={card} board={board} />;
  if (cards.length > 1) return <ManyForm />;
  if (wire) return <WireForm key={wire.id} id={wire.id} />;
  return <PipelineForm />;
}

const SIDES: readonly { side: Side; text: string }[] = [
  { side: "left", text: "Left" },
  { side: "centre", text: "Centre" },
  { side: "right", text: "Right" },
  { side: "top", text: "Top" },
  { side: "middle", text: "Middle" },
  { side: "bottom", text: "Bottom" },
];

function ManyForm(): ReactNode {
  const editor = useEditor();
  const board = useShown((shown) => shown.board);
  const { cards } = useUi((ui) => ui.selection);
  const neighbours = areNeighbours(board, cards);
  const whyNot = whyNotPack(board, cards);
  return (
    <>
      <header className="pf-title"><h2>{cards.size} steps</h2></header>
      <Section title="Stand in line">
        <div className="pf-grid">
          {SIDES.map(({ side, text }) => (
            <Button key={side} label={text} worded look="plain" onClick={() => edit(editor, ...align(board, cards, side, boxes(board)))} />
          ))}
        </div>
      </Section>
      <Section title="All of them">
        <div className="pf-row">
          <Button icon="wrap" label="Put into…" worded look="plain" disabled={!neighbours} onClick={() => editor.set({ choosing: { kind: "wrap" } })} />
          <Button icon="pack" label="Make a pipeline…" worded look="plain" disabled={whyNot !== ""} onClick={() => askPack(editor)} />
          <Button icon="copy" label="Duplicate" worded look="plain" onClick={() => duplicate(editor)} />
          <Button icon="trash" label="Delete" worded look="danger" onClick={() => removeSelection(editor)} />
        </div>
        {whyNot ? <p className="pf-help">{whyNot}.</p> : !neighbours && <p className="pf-help">Only steps that follow each other can be put into one.</p>}
      </Section>
    </>
  );
}

function WireForm({ id }: { id: string }): ReactNode {
  const editor = useEditor();
  const board = useShown((shown) => shown.board);
  const execution = useShown((shown) => shown.run?.execution ?? "");
  const wire = board.wires.find((one) => one.id === id);
  if (!wire) return null;
  const port = cardOf(board, wire.source)?.outputs.find((one) => one.name === wire.output);
  return (
    <>
      <header className="pf-title">
        <h2>{wire.name}</h2>
        {port && <code>{typeName(board.types, port.type)}</code>}
      </header>
      <dl className="pf-facts">
        <dt>from</dt>
        <dd>{wire.source ?? "the pipeline's inputs"} · {wire.output}</dd>
        <dt>to</dt>
        <dd>{wire.target} · {wire.input}</dd>
        {!wire.certain && <><dt>maybe</dt><dd>It may carry nothing.</dd></>}
      </dl>
      {execution && (
        <Section title="Value of the run"><Preview step={wire.source ?? ""} port={wire.output} /></Section>
      )}
      {!editor.readOnly && (
        <Button icon="trash" label="Take the wire away" worded look="danger" onClick={() => edit(editor, cut(wire))} />
      )}
    </>
  );
}

const TEXT = { type: "string" };
const LONG = { type: "string", format: "long" };

function PipelineForm(): ReactNode {
  const editor = useEditor();
  const board = useShown((shown) => shown.board);
  const header = (field: string) => (value: unknown) => edit(editor, { op: "header", field, value: value ?? null });
  const { readOnly } = editor;
  return (
    <>
      <header className="pf-title"><h2>{board.name || "Pipeline"}</h2><small>version {board.version || "1"}</small></header>
      <Results />
      <Value label="What it is for" schema={LONG} value={board.intent} placeholder="One sentence" disabled={readOnly} onChange={header("intent")} />
      <Value label="Version" schema={TEXT} value={board.version} placeholder="1" disabled={readOnly} onChange={(value) => header("version")(asVersion(value))} />
      {board.problems.length > 0 && <Section title="Problems"><ProblemList /></Section>}
      <Ports title="Takes" ports={board.inputs} />
      <Ports title="Gives" ports={board.outputs} />
      {!readOnly && drawnCards(board).length > 0 && (
        <Button icon="play" label="Run" worded look="main" onClick={() => run(editor)} />
      )}
    </>
  );
}

/** What the run that is shown has made, when it is over. */
function Results(): ReactNode {
  const { about } = useUi((ui) => ui.settings);
  const board = useShown((shown) => shown.board);
  const run = useShown((shown) => shown.run);
  if (!run?.execution || !isOver(run)) return null;
  return (
    <Section title="What the run made">
      {about && <a className="pf-link" href={about + encodeURIComponent(run.execution)}>Everything about this run</a>}
      {board.outputs.map(({ name }) => (
        <div className="pf-field" key={name}>
          <div className="pf-label"><span>{name}</span></div>
          <Preview step={OUTPUTS} port={name} />
        </div>
      ))}
    </Section>
  );
}

/** A whole number is written as one. */
function asVersion(value: unknown): unknown {
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
}

function Ports({ title, ports }: { title: string; ports: readonly Port[] }): ReactNode {
  const types = useShown((shown) => shown.board.types);
  if (ports.length === 0) return null;
  return (
    <Section title={title}>
      <dl className="pf-facts">
        {ports.map((port) => (
          <div key={port.name}>
            <dt>{port.name}{port.optional ? "?" : ""}</dt>
            <dd><code>{typeName(types, port.type)}</code>{port.help && ` ${port.help}`}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
