/** The policies around a step: each as a small form, and a menu of those one can add. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { cardOf } from "../model/board.ts";
import { changePolicy } from "../model/edits.ts";
import { POLICIES, readPolicy } from "../model/policies.ts";
import type { Card } from "../model/protocol.ts";
import { edit } from "./actions.ts";
import { Button } from "./controls.tsx";
import { besideCard } from "./place.ts";
import { useEditor, useShown } from "./state.ts";
import { Value } from "./value.tsx";

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
            const known = POLICIES[target.value];
            if (known) edit(editor, { op: "guard", step: card.id, policy: { [target.value]: known.start } });
            setOpen(card.policies.length);
          }}
        >
          <option value="">Add a policy…</option>
          {Object.entries(POLICIES).map(([name, { text }]) => <option key={name} value={name}>{text}</option>)}
        </select>
      )}
    </>
  );
}

function PolicyForm({ card, at }: { card: Card; at: number }): ReactNode {
  const editor = useEditor();
  const { name, value } = readPolicy(card.policies[at]?.written);
  const known = POLICIES[name];
  if (!known) return <pre className="pf-partial">{JSON.stringify(card.policies[at]?.written)}</pre>;
  const put = (next: unknown): void => {
    edit(editor, ...changePolicy(card, at, { [name]: next ?? known.start }));
  };
  return <Value label={String(known.schema.title ?? known.text)} bare={known.schema.type === "object"} schema={known.schema} value={value} disabled={editor.readOnly} onChange={put} />;
}

/** The small form that a badge opens on the drawing itself. */
export function PolicySheet({ card: id, at }: { card: string; at: number }): ReactNode {
  const editor = useEditor();
  const card = useShown((shown) => cardOf(shown.board, id));
  const place = useRef<HTMLDivElement>(null);
  const policy = card?.policies[at];
  const there = policy !== undefined;
  useEffect(() => {
    const { current } = place;
    const first = current?.querySelector<HTMLElement>("input, select, textarea") ?? current?.querySelector("button");
    first?.focus({ preventScroll: true });
    if (first instanceof HTMLInputElement) first.select();
  }, [there, id, at]);
  if (!card || !policy) return null;
  const known = POLICIES[readPolicy(policy.written).name];
  const text = known?.text ?? policy.text;
  const close = (): void => {
    editor.set({ policy: null });
    editor.root?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
  };
  return (
    <div
      ref={place}
      className="pf-chooser pf-policy-sheet"
      style={besideCard(editor, id)}
      role="dialog"
      aria-label={`${text} of ${id}`}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") close();
      }}
    >
      <header>
        <h3>{text}</h3>
        <Button icon="close" label="Close" onClick={close} />
      </header>
      {known && <p className="pf-help">{known.about}</p>}
      <div className="pf-policy-form"><PolicyForm card={card} at={at} /></div>
      {!editor.readOnly && (
        <footer>
          <Button icon="add" label="Another…" worded look="plain" onClick={() => editor.set({ policy: null, choosing: { kind: "policy", card: id } })} />
          <Button icon="trash" label="Take away" worded look="danger" onClick={() => {
            close();
            edit(editor, { op: "unguard", step: id, at });
          }} />
        </footer>
      )}
    </div>
  );
}

/** What can be added, for a list to choose from. */
export const POLICY_CHOICES = Object.entries(POLICIES).map(([key, { text, about }]) => ({ key, text, hint: about, icon: "policy" }));

