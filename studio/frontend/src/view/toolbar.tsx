/** The row above the drawing: what it is called, whether it is safe, and what can be done to it. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { drawnCards } from "../model/board.ts";
import { cardAsking, isOver, statusWord } from "../model/runs.ts";
import { NONE } from "../model/selection.ts";
import type { Shown } from "../model/session.ts";
import { arrange, edit, openPalette, run, save } from "./actions.ts";
import { Button, Dot } from "./controls.tsx";
import { type Panel, useEditor, useShown, useUi } from "./state.ts";

export function Toolbar(): ReactNode {
  const editor = useEditor();
  const { undo = null, redo = null, saved = true } = useShown((shown) => shown.document) ?? {};
  const board = useShown((shown) => shown.board);
  const running = useShown((shown) => shown.run !== null && !isOver(shown.run));
  const run_ = useShown((shown) => shown.run);
  const asking = run_?.questions.find((one) => one.step)?.step;
  const panel = useUi((ui) => ui.panel);
  const toggle = (wanted: Panel): void => editor.set({ panel: panel === wanted ? null : wanted });
  // an empty page is no mistake yet
  const problems = drawnCards(board).length ? board.problems : board.problems.filter((problem) => problem.code !== "empty");
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const { readOnly } = editor;
  return (
    <div className="pf-toolbar" role="toolbar" aria-label="Pipeline">
      {!readOnly && <Button icon="add" label="Add a step" keys="/" className="pf-button pf-plain pf-square pf-narrow" onClick={() => openPalette(editor)} />}
      <Trail />
      <Name />
      <SaveState />
      <span className="pf-gap" />
      {run_ && <span className="pf-runword" title={run_.message}><Dot status={run_.status} />{statusWord(run_.status)}</span>}
      {asking && <Button icon="wait" label="Question" worded look="plain" onClick={() => editor.camera?.show([cardAsking(asking)])} />}
      {run_ && !running && run_.execution && <Button label="Results" worded look="plain" onClick={() => editor.set({ selection: NONE, panel: "inspector" })} />}
      {!readOnly && (
        <>
          <Button icon="undo" label={undo ? `Undo: ${undo}` : "Nothing to undo"} keys="Ctrl Z" disabled={!undo} onClick={() => edit(editor, { op: "undo" })} />
          <Button icon="redo" label={redo ? `Redo: ${redo}` : "Nothing to redo"} keys="Ctrl Shift Z" disabled={!redo} onClick={() => edit(editor, { op: "redo" })} />
          <Button icon="arrange" label="Arrange" keys="A" onClick={() => arrange(editor)} />
        </>
      )}
      <Button icon="fit" label="Show all" keys="F" onClick={() => editor.camera?.fit()} />
      <Button icon="search" label="Find a step" keys="Ctrl F" onClick={() => editor.set({ choosing: { kind: "find" } })} />
      <span className="pf-line" />
      <Button icon="problem" label={problems.length ? `${problems.length} ${problems.length === 1 ? "problem" : "problems"}` : "No problems"} keys="P" worded={problems.length > 0} aria-pressed={panel === "problems"} className={`pf-button pf-quiet${problems.length ? (errors ? " pf-error" : " pf-warning") : " pf-square"}`} onClick={() => toggle("problems")} />
      <Button icon="code" label="YAML" keys="Y" aria-pressed={panel === "yaml"} onClick={() => toggle("yaml")} />
      <Button icon="menu" label="Inspector" keys="Enter" aria-pressed={panel === "inspector"} onClick={() => toggle("inspector")} />
      <Button icon="help" label="Keys" keys="?" className="pf-button pf-quiet pf-square pf-wide" onClick={() => editor.set({ help: true })} />
      {!readOnly && !saved && <Button icon="save" label="Save" keys="Ctrl S" worded look="plain" onClick={() => save(editor)} />}
      {running && !editor.ui.settings.readOnly && <Button icon="stop" label="Stop" worded look="danger" onClick={(event) => event.detail < 2 && editor.session.stop()} />}
      {!running && !readOnly && (
        <Button icon="play" label="Run" keys="Ctrl Enter" worded look="main" disabled={drawnCards(board).length === 0} onClick={() => run(editor)} />
      )}
    </div>
  );
}

/** The way back to the pipelines from which one came here. */
function Trail(): ReactNode {
  const editor = useEditor();
  const trail = useUi((ui) => ui.settings.trail) ?? [];
  if (!editor.go || trail.length === 0) return null;
  return (
    <nav className="pf-trail" aria-label="Way back">
      {trail.map((name, at) => (
        <button type="button" className="pf-link" key={at} title={`Back to ${name}`} onClick={() => editor.go?.(name, trail.slice(0, at))}>
          {name}
        </button>
      ))}
    </nav>
  );
}

/** The pipeline's name; press it to change it. */
function Name(): ReactNode {
  const editor = useEditor();
  const name = useShown((shown) => shown.board.name);
  const [typed, setTyped] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (typed !== null) field.current?.select();
  }, [typed === null]);
  if (typed === null) {
    return (
      <button type="button" className="pf-name" disabled={editor.readOnly} title="Change the name" onClick={() => setTyped(name)}>
        {name || "untitled"}
      </button>
    );
  }
  const done = (): void => {
    if (!field.current) return; // it loses the focus while it is taken away
    if (typed.trim() && typed !== name) edit(editor, { op: "header", field: "pipeline", value: typed.trim() });
    setTyped(null);
  };
  return (
    <input
      ref={field}
      className="pf-name"
      aria-label="Name of the pipeline"
      value={typed}
      spellCheck={false}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
        if (event.key === "Escape") setTyped(null);
        event.stopPropagation();
      }}
    />
  );
}

/** Whether everything is where it should be. */
function SaveState(): ReactNode {
  const [word, title] = sayState(useShown((shown) => shown));
  return <span className="pf-saved" title={title} role="status">{word}</span>;
}

function sayState({ connection, waiting, document }: Shown): [word: string, title: string] {
  if (connection === "gone") return ["Closed", "Nothing is taken in here any more"];
  if (connection === "lost") {
    return [waiting ? `Offline, ${waiting} kept` : "Offline", "Trying to connect; what you change is kept here and sent then"];
  }
  if (connection === "connecting" || !document) return ["Connecting…", ""];
  if (waiting) return ["Working…", `${waiting} on the way`];
  return document.saved ? ["Saved", "The file says the same"] : ["Draft", "Kept as a draft; the file is as it was saved last"];
}
