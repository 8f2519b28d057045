/** What can be done with a step, as a list to choose from: by its button, a right click, or M. */
import type { ReactNode } from "react";
import { cardOf } from "../model/board.ts";
import { whyNotPack } from "../model/edits.ts";
import type { Card, Spot } from "../model/protocol.ts";
import { isOver } from "../model/runs.ts";
import { addPolicy, askPack, duplicate, edit, openCall, removeSelection, run, showSides, unpack } from "./actions.ts";
import { type Choice, Chooser, filterChoices } from "./chooser.tsx";
import { useClose } from "./choosing.tsx";
import { POLICY_CHOICES } from "./policies.tsx";
import { atPoint, besideCard } from "./place.ts";
import { type Editor, useEditor } from "./state.ts";

interface Act extends Choice {
  act(editor: Editor): void;
}

function actsOf(editor: Editor, card: Card): Act[] {
  const { board, run: now } = editor.shown;
  const many = new Set([card.id]);
  const look: Act[] = [{ key: "form", text: "Form", hint: "Enter", icon: "menu", act: () => editor.set({ panel: "inspector" }) }];
  if (card.kind === "call" && editor.go) {
    look.unshift({ key: "open", text: `Open ${card.title}`, hint: "O, or a double click", icon: "open", act: () => openCall(editor, card.id) });
  }
  if (now?.execution) look.push({ key: "sides", text: "What it took and gave", hint: "V", icon: "eye", act: () => showSides(editor, card.id) });
  if (editor.readOnly) return look;
  const acts: (Act | false)[] = [
    ...look,
    card.kind === "call" && { key: "unpack", text: "Unpack", hint: "U: its steps in the place of the call", icon: "unwrap", act: () => unpack(editor, card.id) },
    card.container && { key: "unwrap", text: "Unwrap", hint: "Its steps in its place", icon: "unwrap", act: () => edit(editor, { op: "unwrap", step: card.id }) },
    { key: "policy", text: "Add a policy…", hint: "Try again, time limit, breaker, …", icon: "policy", act: () => editor.set({ choosing: { kind: "policy", card: card.id } }) },
    ...card.policies.map((policy, at): Act => ({ key: `policy ${at}`, text: `Change: ${policy.text}`, icon: "policy", act: () => editor.set({ policy: { card: card.id, at } }) })),
    whyNotPack(board, many) === "" && { key: "pack", text: "Make a pipeline of it…", hint: "G", icon: "pack", act: () => askPack(editor) },
    { key: "wrap", text: "Put into…", hint: "W", icon: "wrap", act: () => editor.set({ choosing: { kind: "wrap" } }) },
    { key: "wire", text: "Wire…", hint: "C", icon: "wire", act: () => editor.set({ choosing: { kind: "wire", card: card.id } }) },
    isOver(now) && { key: "run", text: "Run to here", icon: "play", act: () => run(editor, { until: card.id }) },
    { key: "copy", text: "Duplicate", hint: "Ctrl D", icon: "copy", act: () => duplicate(editor) },
    { key: "remove", text: "Delete", hint: "Del", icon: "trash", act: () => removeSelection(editor) },
  ];
  return acts.filter((one): one is Act => one !== false);
}

export function ChooseAct({ card: id, at }: { card: string; at: Spot | undefined }): ReactNode {
  const editor = useEditor();
  const close = useClose();
  const card = cardOf(editor.shown.board, id);
  if (!card) return null;
  const acts = actsOf(editor, card);
  return (
    <Chooser
      title={card.id}
      placeholder="What to do…"
      style={at ? atPoint(editor, at) : besideCard(editor, id)}
      offer={(text) => filterChoices(acts, text)}
      onChoose={(key) => {
        close();
        acts.find((one) => one.key === key)?.act(editor);
      }}
      onClose={close}
      empty="Nothing of that name can be done."
    />
  );
}

export function ChoosePolicy({ card }: { card: string }): ReactNode {
  const editor = useEditor();
  const close = useClose();
  return (
    <Chooser
      title={`Add a policy to ${card}`}
      placeholder="Policy…"
      style={besideCard(editor, card)}
      offer={(text) => filterChoices(POLICY_CHOICES, text)}
      onChoose={(key) => {
        close();
        addPolicy(editor, card, key);
      }}
      onClose={close}
      empty="There is no such policy."
    />
  );
}
