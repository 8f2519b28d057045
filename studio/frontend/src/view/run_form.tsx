/** Asks for the inputs of a run. */
import { type ReactNode, useRef, useState } from "react";
import { typeName } from "../model/board.ts";
import { placeholderOf } from "../model/forms.ts";
import type { Port } from "../model/protocol.ts";
import type { RunWish } from "../model/session.ts";
import { Button, Sheet } from "./controls.tsx";
import { useEditor, useShown } from "./state.ts";
import { Value } from "./value.tsx";

type Values = { [input: string]: unknown };

export function RunForm({ wish }: { wish: RunWish }): ReactNode {
  const editor = useEditor();
  const { inputs, types, name } = useShown((shown) => shown.board);
  // a field that is left by pressing Run sends its value before this is drawn again
  const given = useRef<Values>(remembered.get(name) ?? {});
  const [, redraw] = useState(0);
  const [asked, setAsked] = useState(false);
  const wrong = useRef(new Set<string>());
  const form = useRef<HTMLFormElement>(null);
  const has = (port: Port): boolean => given.current[port.name] !== undefined;
  const isMissing = (port: Port): boolean => isNeeded(port) && !has(port) && !wrong.current.has(port.name);
  const close = (): void => editor.set({ runForm: null });
  const start = (): void => {
    setAsked(true);
    const first = inputs.find((port) => wrong.current.has(port.name) || isMissing(port));
    if (first) return field(form.current, first)?.focus();
    const pick = (ports: readonly Port[]): Values => Object.fromEntries(ports.map((port) => [port.name, given.current[port.name]]));
    const filled = inputs.filter(has);
    remembered.set(name, pick(filled.filter((port) => !port.secret)));
    close();
    void editor.session.run({ ...wish, inputs: pick(filled) });
  };
  const needed = inputs.filter(isNeeded);
  const rest = inputs.filter((port) => !isNeeded(port));
  const folded = needed.length > 0 && rest.length > 3;
  const show = (port: Port): ReactNode => (
    <div key={port.name} data-input={port.name}>
      <Value
        label={port.name}
        aside={<code>{typeName(types, port.type)}</code>}
        schema={port.schema}
        value={given.current[port.name]}
        secret={port.secret}
        placeholder={placeholderOf(port)}
        help={port.help}
        onWrong={(message) => void (message ? wrong.current.add(port.name) : wrong.current.delete(port.name))}
        onChange={(value) => {
          given.current = { ...given.current, [port.name]: value };
          redraw((count) => count + 1);
        }}
      />
    </div>
  );
  return (
    <Sheet title={wish.until ? `Run to ${wish.until}` : "Run"} onClose={close}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          const { activeElement } = event.currentTarget.getRootNode() as Document | ShadowRoot;
          (activeElement as HTMLElement | null)?.blur();
          start();
        }}
      >
        {(folded ? needed : [...needed, ...rest]).map(show)}
        {folded && (
          <details className="pf-rest" open={rest.some(has)}>
            <summary>{rest.length} more, which need not be given</summary>
            {rest.map(show)}
          </details>
        )}
        {asked && inputs.some(isMissing) && <p className="pf-wrong" role="alert">Still needed: {inputs.filter(isMissing).map((port) => port.name).join(", ")}.</p>}
        <footer>
          <Button label="Cancel" worded look="plain" onClick={close} />
          <Button icon="play" label="Run" worded look="main" type="submit" />
        </footer>
      </form>
    </Sheet>
  );
}

/** An input without which a run cannot begin. */
function isNeeded(port: Port): boolean {
  return !port.optional && !port.default;
}

function field(form: HTMLFormElement | null, port: Port): HTMLElement | null {
  return form?.querySelector<HTMLElement>(`[data-input="${CSS.escape(port.name)}"] :is(input, textarea, select, button)`) ?? null;
}

/** What was given last, by pipeline; secrets aside. */
const remembered = new Map<string, Values>();
