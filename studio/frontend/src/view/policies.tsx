/** The policies around a step: each as a small form, and a menu of those one can add. */
import { NodeToolbar, Position } from "@xyflow/react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { changePolicy } from "../model/edits.ts";
import { POLICIES, readPolicy } from "../model/policies.ts";
import type { Card } from "../model/protocol.ts";
import { edit } from "./actions.ts";
import { Button } from "./controls.tsx";
import { useEditor, useUi } from "./state.ts";
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
export function PolicySheet({ card }: { card: Card }): ReactNode {
  const editor = useEditor();
  const at = useUi((ui) => (ui.policy?.card === card.id ? ui.policy.at : -1));
  const written = card.policies[at]?.written;
  const place = useRef<HTMLDivElement>(null);
  const known = POLICIES[readPolicy(written).name];
  const there = at >= 0 && written !== undefined;
  useEffect(() => {
    if (there) requestAnimationFrame(() => place.current?.querySelector<HTMLElement>("input, select, textarea, button")?.focus({ preventScroll: true }));
  }, [there, at]);
  if (!there) return null;
  const close = (): void => {
    const badge = editor.root?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(card.id)}"]`);
    editor.set({ policy: null });
    badge?.focus({ preventScroll: true });
  };
  const text = known?.text ?? card.policies[at]?.text ?? "Policy";
  return (
    <NodeToolbar nodeId={card.id} isVisible position={Position.Bottom} offset={8} className="pf-mend pf-policy-sheet nodrag nowheel">
      <div
        ref={place}
        role="dialog"
        aria-label={`${text} of ${card.id}`}
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
        <PolicyForm card={card} at={at} />
        {!editor.readOnly && (
          <footer>
            <Button icon="add" label="Another…" worded look="quiet" onClick={() => editor.set({ policy: null, choosing: { kind: "policy", card: card.id } })} />
            <Button icon="trash" label="Take away" worded look="danger" onClick={() => {
              close();
              edit(editor, { op: "unguard", step: card.id, at });
            }} />
          </footer>
        )}
      </div>
    </NodeToolbar>
  );
}

/** What can be added, for a list to choose from. */
export const POLICY_CHOICES = Object.entries(POLICIES).map(([key, { text, about }]) => ({ key, text, hint: about, icon: "policy" }));

