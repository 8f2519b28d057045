/** What buttons and keys do. */
import { INPUTS, cardOf, drawnCards, kindAround, outermost } from "../model/board.ts";
import type { Copied } from "../model/clipboard.ts";
import * as edits from "../model/edits.ts";
import { type End, cut } from "../model/fits.ts";
import { CLOSED, folded } from "../model/folding.ts";
import { boxes } from "../model/geometry.ts";
import { POLICIES } from "../model/policies.ts";
import type { Operation, PaletteItem, Spot, Wire } from "../model/protocol.ts";
import { NONE, only } from "../model/selection.ts";
import { stepOf } from "../model/writing.ts";
import type { RunWish } from "../model/session.ts";
import { backToGround } from "./focus.ts";
import type { Editor } from "./state.ts";

/** Edit, unless the canvas only shows. */
export function edit(editor: Editor, ...ops: Operation[]): void {
  if (!editor.readOnly) editor.session.edit(...ops);
}

export function select(editor: Editor, id: string, { look = false } = {}): void {
  editor.set({ selection: only(id) });
  if (look) editor.camera?.show([id]);
}

/** Names that a pipeline has until somebody gives it one. */
const UNTITLED = /^untitled(-\d+)?$/;

/** Save, asking first for a name where there is none yet, and what becomes of those who call it by another. */
export function save(editor: Editor, over: string | null = null): void {
  const { board, document } = editor.shown;
  const ask = UNTITLED.test(board.name) ? "name" : document?.callers?.length ? "callers" : null;
  if (ask && !editor.readOnly) editor.set({ saving: { ask, over } });
  else edit(editor, { op: "save", over });
}

/** Show or fold what stands at its default: of a card, or of the pipeline's inputs. */
export function toggleFold(editor: Editor, id: string): void {
  const { board } = editor.shown;
  const { idle } = folded((id === INPUTS ? board.inputs : cardOf(board, id)?.inputs) ?? []);
  if (idle.length === 0) return editor.say("Nothing stands at its default here");
  const opened = new Set(editor.ui.opened);
  const isOpen = !opened.delete(id);
  if (isOpen) opened.add(id);
  editor.set({ opened, said: isOpen ? `Shown: ${idle.map((port) => port.name).join(", ")}` : "Folded" });
}

/** Look at what a step took and gave, side by side. */
export function showSides(editor: Editor, id: string | undefined): void {
  if (!cardOf(editor.shown.board, id ?? null)) return editor.say("Select a step first");
  if (!editor.shown.run?.execution) return editor.say("There are no values before a run");
  editor.set({ sides: id ?? null, choosing: null });
}

/** Show the palette, ready to be typed into. */
export function openPalette(editor: Editor): void {
  editor.setNow({ palette: true });
  editor.root?.querySelector<HTMLElement>(".pf-find input")?.focus();
}

/** Put in what the palette offers; without a place, behind the selection. */
export function addItem(editor: Editor, item: PaletteItem, drop?: edits.Drop): void {
  const { board } = editor.shown;
  place(editor, edits.add(board, item, drop ?? nextDrop(editor)), item.name);
  if (!drop) reveal(editor);
}

export function addKind(editor: Editor, kind: string, drop?: edits.Drop): void {
  place(editor, edits.addKind(editor.shown.board, kind, drop ?? nextDrop(editor)), kind);
  if (!drop) reveal(editor);
  if (ASKING.has(kind) && !editor.readOnly) editor.set({ panel: "inspector", forming: true });
}

/** Kinds that say nothing before somebody has filled in their form. */
const ASKING: ReadonlySet<string> = new Set(["when", "each", "repeat", "wait", "approve"]);

function place(editor: Editor, made: { id: string; ops: Operation[] }, name: string): void {
  if (editor.readOnly) return;
  editor.session.edit(...made.ops);
  editor.set({ selection: only(made.id), said: `${name} added` });
}

/** Bring what was just added into view, once it is drawn; what the mouse put there is. */
function reveal(editor: Editor): void {
  requestAnimationFrame(() => requestAnimationFrame(() => editor.camera?.reveal([...editor.ui.selection.cards])));
}

/** Edit, and select the cards that come of it once Python has said which, unless others were selected meanwhile. */
export function editAndSelect(editor: Editor, ...ops: Operation[]): void {
  if (editor.readOnly) return;
  const before = edits.idsOf(editor.shown.board);
  const { selection } = editor.ui;
  const leave = editor.session.subscribe(() => {
    const { board, waiting } = editor.shown;
    if (waiting) return;
    leave();
    const made = outermost(board, new Set([...edits.idsOf(board)].filter((id) => !before.has(id)))).map((card) => card.id);
    const isLeft = [...editor.ui.selection.cards].every((id) => selection.cards.has(id));
    if (!made.length || !isLeft) return;
    editor.set({ selection: { cards: new Set(made), wires: new Set() } });
    reveal(editor);
  });
  edit(editor, ...ops);
}

/** Behind the selected card, or where one looks. */
function nextDrop(editor: Editor): edits.Drop {
  const { board } = editor.shown;
  const { cards } = editor.ui.selection;
  const last = [...cards].at(-1);
  const card = cardOf(board, last ?? board.cards.filter((one) => one.parent === (board.root || null)).at(-1)?.id ?? null);
  if (!card) return { place: edits.atEnd(board), at: drawnCards(board).length ? null : [0, 0] };
  if (card.container && cards.size) return { place: { into: card.id, ...(card.kind === "branch" ? { slot: "then" } : {}) }, at: null };
  const box = boxes(board).get(card.id);
  const inRows = ["parallel", "race", "fallback"].includes(kindAround(board, card.parent));
  const at: Spot = inRows
    ? [card.x, card.y + (box?.height ?? 0) + 28]
    : [card.x + (box?.width ?? 0) + 72, card.y];
  return { place: edits.placeFor(board, new Set([card.id])), at: freeSpot(editor, card.parent, at) };
}

/** A spot like the wanted one, further down while another card stands there. */
function freeSpot(editor: Editor, parent: string | null, [x, y]: Spot): Spot {
  const { board } = editor.shown;
  const found = boxes(board);
  const beside = board.cards.filter((card) => card.parent === parent);
  let top = y;
  for (let tries = 0; tries < 50; tries++) {
    const hit = beside.map((card) => found.get(card.id)).find((box) => {
      return box && box.x < x + 240 && x < box.x + box.width && box.y < top + 120 && top < box.y + box.height;
    });
    if (!hit) break;
    top = hit.y + hit.height + 28;
  }
  return [Math.round(x), Math.round(top)];
}

/** Put in a step at the other end of the wire in hand. */
export function addJoined(editor: Editor, item: PaletteItem, end: End, drop: edits.Drop): void {
  place(editor, edits.addJoined(editor.shown.board, item, end, drop), item.name);
}

/** Put in a step between the ends of a wire. */
export function addBetween(editor: Editor, item: PaletteItem, wire: Wire, drop: edits.Drop): void {
  place(editor, edits.addBetween(editor.shown.board, item, wire, drop), item.name);
}

export function removeSelection(editor: Editor, selection = editor.ui.selection): void {
  const { board } = editor.shown;
  const { cards, wires } = selection;
  const cuts = board.wires.filter((wire) => wires.has(wire.id) && !cards.has(wire.target)).map(cut);
  const orders = [...wires].flatMap((id): Operation[] => {
    const [kind, wait_for = "", step = ""] = id.split(":");
    return kind === "after" ? [{ op: "not_after", step, wait_for }] : [];
  });
  edit(editor, ...cuts, ...orders, ...edits.remove(board, cards));
  if (editor.ui.selection === selection) toGround(editor);
}

/** Nothing is selected, and the keyboard is the drawing's: what had it goes away. */
export function toGround(editor: Editor): void {
  editor.set({ selection: NONE });
  backToGround(editor);
}

export async function copySelection(editor: Editor): Promise<boolean> {
  const copied = selected(editor);
  const { steps } = copied;
  if (!steps.length) return false;
  if (!(await editor.clipboard.write(copied))) {
    editor.say("There is no clipboard that takes this");
    return false;
  }
  editor.say(steps.length === 1 ? "One step copied" : `${steps.length} steps copied`);
  return true;
}

export async function cutSelection(editor: Editor): Promise<void> {
  const { selection } = editor.ui; // others may be selected while the clipboard is written
  if (await copySelection(editor)) removeSelection(editor, selection);
}

export async function paste(editor: Editor): Promise<void> {
  const copied = await editor.clipboard.read();
  if (!copied) return editor.say("There are no steps on the clipboard");
  pasteSteps(editor, copied);
}

export function duplicate(editor: Editor): void {
  const copied = selected(editor);
  if (copied.steps.length) pasteSteps(editor, copied);
}

function selected(editor: Editor): Copied {
  const { board } = editor.shown;
  const cards = outermost(board, editor.ui.selection.cards);
  return { steps: cards.map((card) => stepOf(board, card)) };
}

function pasteSteps(editor: Editor, { steps }: Copied): void {
  editAndSelect(editor, edits.paste(steps, nextDrop(editor)));
  editor.say(steps.length === 1 ? "One step pasted" : `${steps.length} steps pasted`);
}

export function wrapSelection(editor: Editor, kind: string): void {
  const { board } = editor.shown;
  const { cards } = editor.ui.selection;
  if (!edits.areNeighbours(board, cards)) {
    return editor.say("Only steps that follow each other can be put into one");
  }
  edit(editor, ...edits.wrap(board, cards, kind));
}

/** Ask for the name of the pipeline that the selected steps shall become. */
export function askPack(editor: Editor): void {
  const { cards } = editor.ui.selection;
  const why = editor.readOnly ? "This pipeline is only shown" : edits.whyNotPack(editor.shown.board, cards);
  if (why) return editor.say(why);
  editor.set({ naming: cards, choosing: null });
}

/** Show the pipeline that a step calls, with a way back. */
export function openCall(editor: Editor, id: string | undefined): void {
  const card = cardOf(editor.shown.board, id ?? null);
  if (card?.kind !== "call" || !editor.go) return editor.say("Select a step that calls a pipeline");
  const here = editor.shown.document?.pipeline || editor.session.pipeline;
  editor.go(card.title, [...(editor.ui.settings.trail ?? []), here]);
}

/** Put the steps of the called pipeline in the place of its call. */
export function unpack(editor: Editor, id: string | undefined): void {
  const card = cardOf(editor.shown.board, id ?? null);
  if (card?.kind !== "call") return editor.say("Select a step that calls a pipeline");
  toGround(editor);
  editAndSelect(editor, { op: "unpack", step: card.id });
}

export function addPolicy(editor: Editor, id: string, name: string): void {
  const card = cardOf(editor.shown.board, id);
  const start = POLICIES[name]?.start;
  if (!card || start === undefined || editor.readOnly) return;
  edit(editor, { op: "guard", step: id, policy: { [name]: start } });
  editor.set({ selection: only(id), policy: { card: id, at: card.policies.length } });
}

export function arrange(editor: Editor): void {
  const { board } = editor.shown;
  editor.set({ opened: CLOSED });
  edit(editor, edits.arrange(board, boxes(board)));
}

/** Start a run, asking for inputs where the pipeline takes any. */
export function run(editor: Editor, wish: RunWish = {}): void {
  if (drawnCards(editor.shown.board).length === 0) return editor.say("There is nothing to run yet");
  if (editor.shown.board.inputs.length && !wish.only && !wish.since) editor.set({ runForm: wish });
  else void editor.session.run(wish);
}

/** Back to the pipeline as it is now, from a run that one looked at. */
export function toPresent(editor: Editor): void {
  const execution = editor.shown.past?.execution;
  editor.session.follow(null);
  forget(execution);
}

/** Make the version of the run that is looked at the present one. */
export function bringBack(editor: Editor): void {
  const execution = editor.shown.past?.execution;
  editor.session.bringBack();
  editor.say("The version is back; undo takes it away again");
  forget(execution);
}

/** A page that is loaded again need not go back to that run. */
function forget(execution: string | undefined): void {
  const address = new URL(location.href);
  if (!execution || address.searchParams.get("run") !== execution) return;
  address.searchParams.delete("run");
  history.replaceState(history.state, "", address);
}

/** Go to the next problem and show it. */
export function nextProblem(editor: Editor): void {
  const { problems } = editor.shown.board;
  const [current] = editor.ui.selection.cards;
  const at = problems.findIndex((problem) => problem.step === current);
  const next = problems.slice(at + 1).find((problem) => problem.step && problem.step !== current) ?? problems[0];
  if (!next) return editor.say("There are no problems");
  editor.say(next.message);
  if (next.step) select(editor, next.step, { look: true });
}
