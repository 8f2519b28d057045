/** Asks for a pipeline's name: of one that some steps become, of one that is saved first, of one that others call. */
import { type ReactNode, useState } from "react";
import { outermost } from "../model/board.ts";
import { pack } from "../model/edits.ts";
import { edit, editAndSelect, toGround } from "./actions.ts";
import { Button, Sheet } from "./controls.tsx";
import { type Saving, useEditor, useShown } from "./state.ts";

export function PackForm({ steps }: { steps: ReadonlySet<string> }): ReactNode {
  const editor = useEditor();
  const { board } = editor.shown;
  const cards = outermost(board, steps);
  const close = (): void => editor.set({ naming: null });
  const done = (name: string): void => {
    editor.set({ naming: null, said: `${name} is made of ${cards.length} steps` });
    toGround(editor);
    editAndSelect(editor, ...pack(board, steps, name));
  };
  return (
    <Sheet title="Make a pipeline" onClose={close}>
      <NameForm icon="pack" act="Make it" label="Name of the new pipeline" own={board.name} onClose={close} onName={done}>
        <p className="pf-help">
          {cards.length === 1 ? "This step becomes" : `These ${cards.length} steps become`} a saved pipeline, called in {cards.length === 1 ? "its" : "their"} place. It takes and gives what the rest needs.
        </p>
        <p className="pf-chips">{cards.map((card) => <span key={card.id} className="pf-badge">{card.id}</span>)}</p>
      </NameForm>
    </Sheet>
  );
}

/** What must be known before a pipeline is saved. */
export function SaveForm({ saving: { ask, over } }: { saving: Saving }): ReactNode {
  const editor = useEditor();
  const name = useShown((shown) => shown.board.name);
  const { callers = [], pipeline = "" } = useShown((shown) => shown.document) ?? {};
  const close = (): void => editor.set({ saving: null });
  const save = (calls?: "rename" | "leave"): void => {
    edit(editor, { op: "save", over, ...(calls && { calls }) });
    close();
  };
  if (ask === "name") {
    return (
      <Sheet title="Save" onClose={close}>
        <NameForm icon="save" act="Save" label="Name of the pipeline" onClose={close} onName={(value) => {
          edit(editor, { op: "header", field: "pipeline", value });
          save();
        }}>
          <p className="pf-help">Its file is called so, and so do others call it.</p>
        </NameForm>
      </Sheet>
    );
  }
  return (
    <Sheet title="Save under another name" onClose={close}>
      <p className="pf-help">{pipeline} becomes {name}, and {callers.length === 1 ? "this pipeline calls" : "these pipelines call"} it by the old name:</p>
      <p className="pf-chips">{callers.map((caller) => <span key={caller} className="pf-badge">{caller}</span>)}</p>
      <p className="pf-help">Their calls can be renamed, too: one edit in each, which can be undone there.</p>
      <footer>
        <Button label="Cancel" worded look="plain" onClick={close} />
        <Button label="Leave their calls" worded look="plain" onClick={() => save("leave")} />
        <Button icon="save" label="Rename their calls" worded look="main" onClick={() => save("rename")} />
      </footer>
    </Sheet>
  );
}

interface NameFormProps {
  icon: string;
  act: string;
  label: string;
  /** A name that it must not get. */
  own?: string;
  onName(name: string): void;
  onClose(): void;
  children: ReactNode;
}

function NameForm({ icon, act, label, own = "", onName, onClose, children }: NameFormProps): ReactNode {
  const [typed, setTyped] = useState("");
  const name = typed.trim();
  const wrong = whyNot(name, own);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name && !wrong) onName(name);
      }}
    >
      {children}
      <div className="pf-field">
        <div className="pf-label"><label htmlFor="pf-new-name">{label}</label></div>
        <input id="pf-new-name" value={typed} spellCheck={false} autoComplete="off" placeholder="monthly_report" aria-invalid={wrong !== "" || undefined} onChange={(event) => setTyped(event.target.value)} />
        {wrong && <p className="pf-wrong" role="alert">{wrong}</p>}
      </div>
      <footer>
        <Button label="Cancel" worded look="plain" onClick={onClose} />
        <Button icon={icon} label={act} worded look="main" type="submit" disabled={!name || wrong !== ""} />
      </footer>
    </form>
  );
}

/** What is wrong with a name; Python refuses those that are taken. */
function whyNot(name: string, own: string): string {
  if (/[\s/\\.]/.test(name.charAt(0)) || /[/\\]/.test(name)) return "It is also the name of a file: no slashes, and no dot at its beginning.";
  return name !== "" && name === own ? "This pipeline itself is called so." : "";
}
