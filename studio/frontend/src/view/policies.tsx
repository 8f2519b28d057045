/** The policies around a step: each as a small form, and a menu of those one can add. */
import { type ReactNode, useState } from "react";
import type { Card, Schema, Step } from "../model/protocol.ts";
import { changePolicy } from "../model/edits.ts";
import { edit } from "./actions.ts";
import { Button } from "./controls.tsx";
import { useEditor } from "./state.ts";
import { Value } from "./value.tsx";

interface Known {
  readonly text: string;
  /** What is written when it is added. */
  readonly start: unknown;
  readonly schema: Schema;
}

const SECONDS: Schema = { type: "number", minimum: 0 };
const COUNT: Schema = { type: "integer", minimum: 1 };
const object = (properties: { [name: string]: Schema }, ...required: string[]): Schema => {
  return { type: "object", properties, required };
};

const KNOWN: { readonly [name: string]: Known } = {
  retry: {
    text: "Try again",
    start: { attempts: 3, on: ["Exception"] },
    schema: object({ attempts: COUNT, on: { type: "array", items: { type: "string" } }, wait: SECONDS, factor: { type: "number", minimum: 1 } }, "attempts", "on"),
  },
  timeout: { text: "Time limit", start: 30, schema: SECONDS },
  cache: { text: "Remember results", start: { ttl: "1 h" }, schema: object({ ttl: { type: "string" }, max_entries: COUNT }) },
  rate_limit: { text: "Rate limit", start: { calls: 10, per: 1 }, schema: object({ calls: COUNT, per: SECONDS }, "calls", "per") },
  breaker: { text: "Breaker", start: { failures: 5, reset: 30 }, schema: object({ failures: COUNT, reset: SECONDS }, "failures", "reset") },
  bulkhead: { text: "At most at once", start: { at_once: 4 }, schema: object({ at_once: COUNT, waiting: COUNT }, "at_once") },
  hedge: { text: "Ask twice when slow", start: { after: 2, at_most: 2 }, schema: object({ after: SECONDS, at_most: COUNT }, "after") },
};

export function Policies({ card }: { card: Card }): ReactNode {
  const editor = useEditor();
  const [open, setOpen] = useState<number | null>(null);
  const { readOnly } = editor;
  return (
    <>
      {card.policies.map((policy, at) => (
        <div className="pf-policy" key={at}>
          <div className="pf-row">
            <button type="button" className="pf-badge" aria-expanded={open === at} onClick={() => setOpen(open === at ? null : at)}>{policy.text}</button>
            {!readOnly && <Button icon="close" label={`Take away: ${policy.text}`} onClick={() => edit(editor, { op: "unguard", step: card.id, at })} />}
          </div>
          {open === at && <PolicyForm card={card} at={at} />}
        </div>
      ))}
      {!readOnly && (
        <select
          aria-label="Add a policy"
          value=""
          onChange={({ target }) => {
            const known = KNOWN[target.value];
            if (known) edit(editor, { op: "guard", step: card.id, policy: { [target.value]: known.start } });
            setOpen(card.policies.length);
          }}
        >
          <option value="">Add a policy…</option>
          {Object.entries(KNOWN).map(([name, { text }]) => <option key={name} value={name}>{text}</option>)}
        </select>
      )}
    </>
  );
}

function PolicyForm({ card, at }: { card: Card; at: number }): ReactNode {
  const editor = useEditor();
  const written = (card.policies[at]?.written ?? {}) as Step;
  const [[name, value] = ["", null]] = Object.entries(written);
  const known = KNOWN[name];
  if (!known) return <pre className="pf-partial">{JSON.stringify(written)}</pre>;
  const put = (next: unknown): void => {
    edit(editor, ...changePolicy(card, at, { [name]: next ?? known.start }));
  };
  return <Value label={known.text} schema={known.schema} value={value} disabled={editor.readOnly} onChange={put} />;
}
