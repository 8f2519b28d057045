/** A step's values of the run that is shown, over the whole canvas: what it took at the left, what it gave at the right. */
import type { ReactNode } from "react";
import { cardOf, outerPorts, typeName } from "../model/board.ts";
import { written } from "../model/forms.ts";
import type { Port } from "../model/protocol.ts";
import { duration, statusWord } from "../model/runs.ts";
import { only } from "../model/selection.ts";
import { stepBeside, takenBy } from "../model/sides.ts";
import { Button, Dot, Sheet } from "./controls.tsx";
import { focusCard } from "./focus.ts";
import { Preview } from "./looks.tsx";
import { useEditor, useShown } from "./state.ts";

export function Sides({ step }: { step: string }): ReactNode {
  const editor = useEditor();
  const board = useShown((shown) => shown.board);
  const state = useShown((shown) => shown.run?.steps[step]);
  const card = cardOf(board, step);
  const close = (): void => {
    editor.setNow({ sides: null, selection: only(step) }); // one may have gone on to another
    focusCard(editor, step);
    editor.camera?.reveal([step]);
  };
  const [before, after] = [stepBeside(board, step, -1), stepBeside(board, step, 1)];
  const go = (id: string | null): void => void (id && editor.set({ sides: id }));
  if (!card) return null;
  const gives = outerPorts(card.outputs);
  return (
    <Sheet title={`Values of ${step}`} onClose={close}>
      <div className="pf-row pf-beside">
        <Button label="Step before" worded look="plain" disabled={!before} onClick={() => go(before)} />
        <Button label="Step after" worded look="plain" disabled={!after} onClick={() => go(after)} />
        {state && <span className="pf-runword"><Dot status={state.status} />{statusWord(state.status)} {duration(state.seconds)}</span>}
      </div>
      {state?.error && <pre className="pf-wrong">{state.error}</pre>}
      <div className="pf-sides" key={step}>
        <section aria-label="What it took">
          <h3>Took</h3>
          {takenBy(board, card).map(({ port, from }) => (
            <Side key={port.name} port={port} about={from.map((one) => `${one.step || "inputs"} · ${one.port}`).join(", ")}>
              {from.map((one) => <Preview key={`${one.step} ${one.port}`} {...one} />)}
              {from.length === 0 && <p className="pf-none">{sayFixed(port)}</p>}
            </Side>
          ))}
          {outerPorts(card.inputs).length === 0 && <p className="pf-none">It takes nothing.</p>}
        </section>
        <section aria-label="What it gave">
          <h3>Gave</h3>
          {gives.map((port) => <Side key={port.name} port={port} about={port.scope === port.name ? "" : port.scope && `as ${port.scope}`}><Preview step={step} port={port.name} /></Side>)}
          {gives.length === 0 && <p className="pf-none">It gives nothing of its own.</p>}
        </section>
      </div>
    </Sheet>
  );
}

function Side({ port, about, children }: { port: Port; about: string; children: ReactNode }): ReactNode {
  const type = useShown((shown) => typeName(shown.board.types, port.type));
  return (
    <div className="pf-field">
      <div className="pf-label"><span>{port.name} {about && <small>{about}</small>}</span><code>{type}</code></div>
      {children}
    </div>
  );
}

function sayFixed(port: Port): string {
  if (port.set === undefined) return port.default ? `Its default: ${port.default}` : "Nothing";
  return port.secret ? "A fixed secret" : `Fixed: ${written(port.set)}`;
}
