/** The whole editor: toolbar, palette, drawing, and what stands beside or floats above it. */
import { ReactFlowProvider } from "@xyflow/react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { drawnCards } from "../model/board.ts";
import type { Past } from "../model/session.ts";
import { addKind, bringBack, edit, openPalette, save, select, toPresent } from "./actions.ts";
import { ApprovalOfAll } from "./approval.tsx";
import { Canvas } from "./canvas.tsx";
import { Choosers } from "./choosing.tsx";
import { Button, Sheet } from "./controls.tsx";
import { backToGround, useFocusKept } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { Inspector } from "./inspector.tsx";
import { KEYS, pressed } from "./keys.ts";
import { PackForm, SaveForm } from "./name_form.tsx";
import { Palette } from "./palette.tsx";
import { PolicySheet } from "./policies.tsx";
import { ProblemList } from "./problems.tsx";
import { RunForm } from "./run_form.tsx";
import { type Editor, EditorContext, useEditor, useShown, useUi } from "./state.ts";
import { Sides } from "./sides.tsx";
import { Toolbar } from "./toolbar.tsx";
import { Yaml } from "./yaml.tsx";

export function EditorView({ editor }: { editor: Editor }): ReactNode {
  return (
    <EditorContext value={editor}>
      <ReactFlowProvider>
        <Layout />
      </ReactFlowProvider>
    </EditorContext>
  );
}

function Layout(): ReactNode {
  const editor = useEditor();
  const { settings, mode, panel, help, runForm, both, said, fits, naming, saving, sides, policy } = useUi((ui) => ui);
  useShown((shown) => shown.past); // a past version is not edited
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    editor.root = root.current;
    const timer = setInterval(() => editor.session.tick(performance.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [editor]);
  useFocusKept(editor);
  useEffect(() => {
    // a panel takes room: what it is about stays in view, once the drawing has its new size
    if (panel) requestAnimationFrame(() => requestAnimationFrame(() => editor.camera?.reveal([...editor.ui.selection.cards])));
  }, [editor, panel]);
  const height = typeof settings.height === "number" ? `${settings.height}px` : settings.height;
  return (
    <div
      ref={root}
      className={`pf-root pf-${mode}${fits ? " pf-wiring" : ""}`}
      style={height ? { height } : {}}
      onKeyDown={(event) => whenPressed(editor, event)}
    >
      <Toolbar />
      <div className="pf-body">
        <Banners />
        {!editor.readOnly && <Palette />}
        <Ground />
        {panel && (
          <aside className={`pf-side pf-side-${panel}`} aria-label={TITLES[panel]}>
            <div className="pf-side-head">
              <span>{TITLES[panel]}</span>
              <Button icon="close" label={`Close ${TITLES[panel]}`} onClick={() => {
                editor.set({ panel: null });
                backToGround(editor);
              }} />
            </div>
            <div className="pf-scroll">
              {panel === "yaml" ? <Yaml /> : panel === "problems" ? <ProblemList /> : <Inspector />}
            </div>
          </aside>
        )}
      </div>
      <Choosers />
      {policy && <PolicySheet {...policy} />}
      {naming && <PackForm steps={naming} />}
      {saving && <SaveForm saving={saving} />}
      {sides && <Sides step={sides} />}
      {runForm && <RunForm wish={runForm} />}
      {help && <Help />}
      {both && <Both />}
      <p className="pf-said" aria-live="polite">{said}</p>
    </div>
  );
}

const TITLES = { inspector: "Inspector", yaml: "YAML", problems: "Problems" };

function whenPressed(editor: Editor, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target.matches("input, textarea, select");
  if (typing && event.key === "Escape") return backToGround(editor);
  const anywhere = (event.ctrlKey || event.metaKey) && ["s", "Enter"].includes(event.key);
  if ((typing || target.closest("button")) && !anywhere && !(target.closest("button") && event.key !== "Enter" && event.key !== " ")) return;
  // a text that is selected somewhere is copied as text
  if (event.key === "c" && (event.ctrlKey || event.metaKey) && getSelection()?.toString()) return;
  if (pressed(editor, event.nativeEvent)) {
    event.preventDefault();
    event.stopPropagation();
  }
}

/** The drawing, or what to do first. */
function Ground(): ReactNode {
  const editor = useEditor();
  const empty = useShown((shown) => shown.document !== null && drawnCards(shown.board).length === 0);
  const known = useShown((shown) => shown.document !== null);
  const byPointer = useRef(false);
  return (
    <div
      className="pf-ground"
      tabIndex={0}
      role="application"
      aria-label="Pipeline drawing. Arrow keys go from step to step, question mark shows all keys."
      onPointerDownCapture={() => {
        byPointer.current = true;
      }}
      onPointerUpCapture={() => {
        byPointer.current = false;
      }}
      onFocus={(event) => {
        const target = event.target as HTMLElement;
        const wire = target.closest(".react-flow__edge")?.getAttribute("data-id");
        if (wire && !byPointer.current) editor.set({ selection: { cards: new Set(), wires: new Set([wire]) } });
        const id = target.closest(".react-flow__node")?.getAttribute("data-id");
        if (id && !byPointer.current && !id.startsWith("@") && !editor.ui.selection.cards.has(id)) select(editor, id);
      }}
    >
      {known && <Canvas />}
      {empty && <Empty />}
    </div>
  );
}

function Empty(): ReactNode {
  const editor = useEditor();
  return (
    <div className="pf-start">
      <Icon name="graph" size={28} />
      <h2>Nothing here yet</h2>
      {editor.readOnly ? <p>This pipeline has no steps.</p> : (
        <>
          <p>Drag a capability from the palette, or search for one. What a step gives and the next one takes is wired by name.</p>
          <div className="pf-row">
            <Button icon="search" label="Add the first step" worded look="main" onClick={() => openPalette(editor)} />
            <Button icon="branch" label="Start with a choice" worded look="plain" onClick={() => addKind(editor, "when")} />
            <Button icon="code" label="Write YAML" worded look="plain" onClick={() => editor.set({ panel: "yaml" })} />
          </div>
        </>
      )}
    </div>
  );
}

/** What one must know before going on. */
function Banners(): ReactNode {
  const editor = useEditor();
  const refusal = useShown((shown) => shown.refusal);
  const gone = useShown((shown) => shown.connection === "gone");
  const conflict = useShown((shown) => shown.document?.conflict ?? null);
  const past = useShown((shown) => shown.past);
  const note = useShown((shown) => shown.run?.note ?? "");
  const failed = useShown((shown) => (shown.run && ["failed", "refused", "lost", "timed_out"].includes(shown.run.status) ? shown.run.message : ""));
  return (
    <div className="pf-banners">
      {refusal && (
        <p className="pf-banner pf-warning" role="alert">
          <Icon name="problem" /> <span>{gone ? "" : "Not done: "}{refusal}</span>
          <Button icon="close" label="Put away" onClick={() => editor.session.putAwayRefusal()} />
        </p>
      )}
      {conflict && (
        <p className="pf-banner pf-warning" role="alert">
          <Icon name="problem" /> <span>The file was changed elsewhere meanwhile.</span>
          <Button label="Compare" worded look="plain" onClick={() => editor.set({ both: true })} />
          <Button label="Take the file's" worded look="plain" onClick={() => edit(editor, { op: "revert" })} />
          <Button label="Keep mine" worded look="plain" onClick={() => save(editor, conflict.digest)} />
        </p>
      )}
      <ApprovalOfAll />
      {past && <Looking past={past} />}
      {note && (
        <p className="pf-banner" role="status">
          <Icon name="problem" /> <span>{note}</span>
          <Button icon="close" label="Put the note away" onClick={() => editor.session.putAwayNote()} />
        </p>
      )}
      {failed && (
        <p className="pf-banner pf-error" role="alert">
          <Icon name="problem" /> <span>{failed}</span>
          <Button icon="close" label="Put what failed away" onClick={() => editor.session.putAwayNote()} />
        </p>
      )}
    </div>
  );
}

/** Says that one looks back at a run, and on what. */
function Looking({ past }: { past: Past }): ReactNode {
  const editor = useEditor();
  const run = past.execution.slice(-8);
  return (
    <div className="pf-banner pf-looking" role="status">
      <Icon name="eye" />
      <span>{past.version ? `As run ${run} ran it; the pipeline has changed since.` : `Run ${run}, on the pipeline as it is now.`}</span>
      {past.version && !editor.ui.settings.readOnly && <Button label="Bring this version back" worded look="plain" onClick={() => bringBack(editor)} />}
      <Button label={past.version ? "To the present version" : "Close"} worded look="plain" onClick={() => toPresent(editor)} />
    </div>
  );
}

function Both(): ReactNode {
  const editor = useEditor();
  const mine = useShown((shown) => shown.document?.text ?? "");
  const theirs = useShown((shown) => shown.document?.conflict?.text ?? "");
  const close = (): void => editor.set({ both: false });
  const digest = editor.shown.document?.conflict?.digest ?? null;
  return (
    <Sheet title="Two versions" onClose={close}>
      <div className="pf-both">
        <div><h3>Here</h3><pre tabIndex={0}>{mine}</pre><Button label="Keep mine" worded look="main" onClick={() => { close(); save(editor, digest); }} /></div>
        <div><h3>In the file</h3><pre tabIndex={0}>{theirs}</pre><Button label="Take the file's" worded look="plain" onClick={() => { close(); edit(editor, { op: "revert" }); }} /></div>
      </div>
    </Sheet>
  );
}

function Help(): ReactNode {
  const editor = useEditor();
  return (
    <Sheet title="Keys" onClose={() => editor.set({ help: false })}>
      <div className="pf-keys">
        {KEYS.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>{keys.map(([key, does]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}</dl>
          </section>
        ))}
      </div>
    </Sheet>
  );
}
