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
  const has = (port: Port): boolean => given.current[port.name] !== undefined;
  const missing = (): Port[] => inputs.filter((port) => !port.optional && !port.default && !has(port));
  const close = (): void => editor.set({ runForm: null });
  const start = (): void => {
    setAsked(true);
    if (missing().length) return;
    const pick = (ports: readonly Port[]): Values => Object.fromEntries(ports.map((port) => [port.name, given.current[port.name]]));
    const filled = inputs.filter(has);
    remembered.set(name, pick(filled.filter((port) => !port.secret)));
    close();
    void editor.session.run({ ...wish, inputs: pick(filled) });
  };
  return (
    <Sheet title={wish.until ? `Run to ${wish.until}` : "Run"} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const { activeElement } = event.currentTarget.getRootNode() as Document | ShadowRoot;
          (activeElement as HTMLElement | null)?.blur();
          start();
        }}
      >
        {inputs.map((port) => (
          <Value
            key={port.name}
            label={port.name}
            aside={<code>{typeName(types, port.type)}</code>}
            schema={port.schema}
            value={given.current[port.name]}
            secret={port.secret}
            placeholder={placeholderOf(port)}
            help={port.help}
            onChange={(value) => {
              given.current = { ...given.current, [port.name]: value };
              redraw((count) => count + 1);
            }}
          />
        ))}
        {asked && missing().length > 0 && <p className="pf-wrong" role="alert">Still needed: {missing().map((port) => port.name).join(", ")}.</p>}
        <footer>
          <Button label="Cancel" worded look="plain" onClick={close} />
          <Button icon="play" label="Run" worded look="main" type="submit" />
        </footer>
      </form>
    </Sheet>
  );
}

/** What was given last, by pipeline; secrets aside. */
const remembered = new Map<string, Values>();
