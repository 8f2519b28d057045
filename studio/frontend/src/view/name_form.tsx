/** Asks for the name of the pipeline that some steps become. */
import { type ReactNode, useState } from "react";
import { outermost } from "../model/board.ts";
import { pack } from "../model/edits.ts";
import { edit, toGround } from "./actions.ts";
import { Button, Sheet } from "./controls.tsx";
import { useEditor } from "./state.ts";

export function NameForm({ steps }: { steps: ReadonlySet<string> }): ReactNode {
  const editor = useEditor();
  const { board } = editor.shown;
  const [name, setName] = useState("");
  const cards = outermost(board, steps);
  const wrong = whyNot(name.trim(), board.name);
  const close = (): void => editor.set({ naming: null });
  const done = (): void => {
    if (!name.trim() || wrong) return;
    edit(editor, ...pack(board, steps, name.trim()));
    editor.set({ naming: null, said: `${name.trim()} is made of ${cards.length} steps` });
    requestAnimationFrame(() => toGround(editor));
  };
  return (
    <Sheet title="Make a pipeline" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          done();
        }}
      >
        <p className="pf-help">
          {cards.length === 1 ? "This step becomes" : `These ${cards.length} steps become`} a saved pipeline, called in {cards.length === 1 ? "its" : "their"} place. It takes and gives what the rest needs.
        </p>
        <p className="pf-chips">{cards.map((card) => <span key={card.id} className="pf-badge">{card.id}</span>)}</p>
        <div className="pf-field">
          <div className="pf-label"><label htmlFor="pf-pack-name">Name of the new pipeline</label></div>
          <input id="pf-pack-name" value={name} spellCheck={false} autoComplete="off" placeholder="clean_table" aria-invalid={wrong !== "" || undefined} onChange={(event) => setName(event.target.value)} />
          {wrong && <p className="pf-wrong" role="alert">{wrong}</p>}
        </div>
        <footer>
          <Button label="Cancel" worded look="plain" onClick={close} />
          <Button icon="pack" label="Make it" worded look="main" type="submit" disabled={!name.trim() || wrong !== ""} />
        </footer>
      </form>
    </Sheet>
  );
}

/** What is wrong with a name; Python refuses those that are taken. */
function whyNot(name: string, own: string): string {
  if (/[\s/\\.]/.test(name.charAt(0)) || /[/\\]/.test(name)) return "It is also the name of a file: no slashes, and no dot at its beginning.";
  return name !== "" && name === own ? "This pipeline itself is called so." : "";
}
