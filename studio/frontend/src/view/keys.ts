/** What the keys do while the drawing has the focus. */
import { INPUTS, drawnCards } from "../model/board.ts";
import { boxes } from "../model/geometry.ts";
import { shift } from "../model/edits.ts";
import { type Direction, NONE, neighbour, only } from "../model/selection.ts";
import {
  arrange,
  askPack,
  copySelection,
  cutSelection,
  duplicate,
  edit,
  nextProblem,
  openCall,
  openPalette,
  paste,
  removeSelection,
  run,
  save,
  showSides,
  toggleFold,
  unpack,
} from "./actions.ts";
import { backToGround, focusCard } from "./focus.ts";
import type { Editor } from "./state.ts";

/** For the sheet of keys: what to press, and what it does. */
export const KEYS: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: "Build",
    keys: [
      ["/", "Search the palette; Enter adds behind the selection"],
      ["Double click", "Add a step there"],
      ["C", "Wire from the selected step: choose a port, then what fits"],
      ["Enter", "Form of the selected step"],
      ["D", "Show or fold what stands at its default; of the pipeline's inputs while no step is selected"],
      ["V", "What the selected step took and gave, side by side"],
      ["M", "What can be done with the selected step"],
      ["W", "Put the selection into another step"],
      ["G", "Make a pipeline of the selection"],
      ["O", "Open the pipeline that the step calls"],
      ["U", "Unpack it: its steps in the place of the call"],
      ["[  ]", "One earlier, one later in its list"],
      ["Delete", "Take out"],
      ["Ctrl D", "Duplicate"],
      ["Ctrl C  X  V", "Copy, cut, paste, also to another pipeline"],
    ],
  },
  {
    title: "Move",
    keys: [
      ["← ↑ → ↓", "To the next step that way"],
      ["Alt ← ↑ → ↓", "Move the selected steps"],
      ["Shift ← ↑ → ↓", "Select one more"],
      ["Ctrl A", "Select all"],
      ["Ctrl F", "Find a step"],
      ["P", "To the next problem"],
      ["F", "Show all"],
      ["A", "Arrange"],
      ["Esc", "Let go, close"],
    ],
  },
  {
    title: "Document",
    keys: [
      ["Ctrl Z", "Undo"],
      ["Ctrl Shift Z", "Redo"],
      ["Ctrl S", "Save"],
      ["Ctrl Enter", "Run, or stop"],
      ["Y", "YAML beside the drawing"],
      ["?", "This sheet"],
    ],
  },
];

const ARROWS: { readonly [key: string]: Direction } = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** Do what a key means; tell whether it meant anything. */
export function pressed(editor: Editor, event: KeyboardEvent): boolean {
  const way = ARROWS[event.key];
  if (way) return walk(editor, way, event);
  const name = `${event.ctrlKey || event.metaKey ? "Ctrl " : ""}${event.shiftKey && event.key.length > 1 ? "Shift " : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
  const act = event.shiftKey && name === "Ctrl z" ? BOUND["Ctrl y"] : BOUND[name];
  if (!act || event.altKey) return false;
  act(editor);
  return true;
}

/** Do what a key means that was pressed while nothing on the page had the focus. */
export function pressedNowhere(editor: Editor, event: KeyboardEvent): void {
  if (event.defaultPrevented || document.activeElement !== document.body || !editor.shown.document) return;
  if (event.key === "c" && getSelection()?.toString()) return; // a text is copied
  if (!pressed(editor, event)) return;
  event.preventDefault();
  event.stopPropagation();
  if (document.activeElement === document.body) backToGround(editor);
}

const BOUND: { readonly [key: string]: (editor: Editor) => void } = {
  "/": openPalette,
  "?": (editor) => editor.set({ help: true }),
  "[": (editor) => shiftSelected(editor, -1),
  "]": (editor) => shiftSelected(editor, 1),
  a: arrange,
  c: (editor) => {
    const [card] = editor.ui.selection.cards;
    if (card && !editor.readOnly) editor.set({ choosing: { kind: "wire", card } });
    else editor.say("Select a step first");
  },
  d: (editor) => toggleFold(editor, [...editor.ui.selection.cards][0] ?? INPUTS),
  f: (editor) => editor.camera?.fit(),
  g: askPack,
  m: (editor) => {
    const [card] = editor.ui.selection.cards;
    if (card) editor.set({ choosing: { kind: "menu", card } });
    else editor.say("Select a step first");
  },
  o: (editor) => openCall(editor, [...editor.ui.selection.cards][0]),
  p: nextProblem,
  v: (editor) => showSides(editor, [...editor.ui.selection.cards][0]),
  u: (editor) => unpack(editor, [...editor.ui.selection.cards][0]),
  w: (editor) => {
    if (editor.ui.selection.cards.size && !editor.readOnly) editor.set({ choosing: { kind: "wrap" } });
  },
  y: (editor) => editor.set({ panel: editor.ui.panel === "yaml" ? null : "yaml" }),
  Enter: (editor) => {
    editor.setNow({ panel: "inspector" });
    editor.root?.querySelector<HTMLElement>(".pf-side input, .pf-side textarea, .pf-side select")?.focus();
  },
  ContextMenu: (editor) => BOUND.m?.(editor),
  Escape: (editor) => {
    editor.set({ selection: NONE, choosing: null, policy: null, palette: false, fits: null });
    backToGround(editor);
  },
  Delete: removeSelection,
  Backspace: removeSelection,
  "Ctrl Enter": (editor) => {
    const { run: now } = editor.shown;
    if (now && now.status === "running") editor.session.stop();
    else if (!editor.readOnly) run(editor);
  },
  "Ctrl a": (editor) => {
    const { board } = editor.shown;
    const cards = drawnCards(board).map((card) => card.id);
    editor.set({ selection: { cards: new Set(cards), wires: new Set() } });
  },
  "Ctrl c": (editor) => void copySelection(editor),
  "Ctrl d": (editor) => duplicate(editor),
  "Ctrl f": (editor) => editor.set({ choosing: { kind: "find" } }),
  "Ctrl s": (editor) => save(editor),
  "Ctrl v": (editor) => void paste(editor),
  "Ctrl x": (editor) => void cutSelection(editor),
  "Ctrl y": (editor) => edit(editor, { op: "redo" }),
  "Ctrl z": (editor) => edit(editor, { op: "undo" }),
};

function shiftSelected(editor: Editor, by: 1 | -1): void {
  const [card] = editor.ui.selection.cards;
  if (card) edit(editor, ...shift(editor.shown.board, card, by));
}

const STEP = 20;

function walk(editor: Editor, way: Direction, event: KeyboardEvent): boolean {
  const { board } = editor.shown;
  const { cards } = editor.ui.selection;
  if (event.altKey) {
    const by = { left: [-STEP, 0], right: [STEP, 0], up: [0, -STEP], down: [0, STEP] }[way];
    const moved = board.cards.filter((card) => cards.has(card.id));
    const at = Object.fromEntries(moved.map((card) => [card.id, [card.x + (by[0] ?? 0), card.y + (by[1] ?? 0)] as const]));
    if (moved.length) edit(editor, { op: "place", at });
    return moved.length > 0;
  }
  const from = [...cards].at(-1) ?? null;
  const next = neighbour(board, from, way, boxes(board));
  if (!next) return false;
  editor.set({ selection: event.shiftKey ? { cards: new Set([...cards, next]), wires: new Set() } : only(next) });
  const node = focusCard(editor, next);
  if (node && !inView(node, editor.root)) editor.camera?.show([next]);
  return true;
}

function inView(node: Element, root: Element | null): boolean {
  const box = node.getBoundingClientRect();
  const around = root?.querySelector(".react-flow")?.getBoundingClientRect();
  return around !== undefined && box.left >= around.left && box.right <= around.right && box.top >= around.top && box.bottom <= around.bottom;
}
