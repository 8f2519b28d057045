/** What an editor shows besides the document: selection, open panels, a wire in hand. */
import { createContext, useContext, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { storage } from "../hosts/identity.ts";
import { Clipboard } from "../model/clipboard.ts";
import type { End } from "../model/fits.ts";
import { CLOSED, type Opened } from "../model/folding.ts";
import { handleOf } from "../model/fits.ts";
import type { Spot } from "../model/protocol.ts";
import { NONE, type Selection, restrict } from "../model/selection.ts";
import type { RunWish, Session, Shown } from "../model/session.ts";
import type { Mode } from "../hosts/theme.ts";

export interface Settings {
  /** Pixels, or any CSS length. */
  height?: number | string;
  theme?: Mode;
  readOnly?: boolean;
  /** The pipelines from which one came here by opening a call, the outermost first. */
  trail?: readonly string[];
  /** A run to draw. */
  execution?: string | null;
  /** The address of a page about a run, without its id; none in a notebook. */
  about?: string;
}

/** A list to choose from that floats over the canvas. */
export type Choosing =
  | { kind: "wire"; card: string }
  | { kind: "fits"; end: End; choices?: readonly End[] }
  | { kind: "drop"; end: End | null; screen: Spot; flow: Spot }
  | { kind: "find" }
  | { kind: "menu"; card: string; at?: Spot }
  | { kind: "policy"; card: string }
  | { kind: "wrap" };

/** What is being asked before a pipeline is saved, and which version of its file may go. */
export interface Saving {
  readonly ask: "name" | "callers";
  readonly over: string | null;
}

export type Panel = "inspector" | "yaml" | "problems";

export interface Ui {
  readonly settings: Settings;
  readonly mode: Mode;
  readonly selection: Selection;
  readonly panel: Panel | null;
  readonly palette: boolean;
  readonly choosing: Choosing | null;
  /** Ports that the wire in hand fits, as `card handle`; null when there is none. */
  readonly fits: ReadonlySet<string> | null;
  /** Cards that show their inputs at their defaults, too. */
  readonly opened: Opened;
  /** The container that would take in what is dragged. */
  readonly over: string | null;
  readonly runForm: RunWish | null;
  /** The policy whose small form is open on the drawing. */
  readonly policy: { readonly card: string; readonly at: number } | null;
  /** The form of a new step shall have the keyboard as soon as it is there. */
  readonly forming: boolean;
  /** Steps that shall become a pipeline, while its name is asked for. */
  readonly naming: ReadonlySet<string> | null;
  /** Something is asked before it is saved: a name, or what becomes of those who call it. */
  readonly saving: Saving | null;
  /** The step whose values are looked at side by side. */
  readonly sides: string | null;
  readonly help: boolean;
  readonly both: boolean;
  /** What a screen reader is told. */
  readonly said: string;
}

/** Show another pipeline; `trail` are those from which one came. */
export type Go = (pipeline: string, trail: readonly string[]) => void;

/** Moves the picture; given by the canvas once it is drawn. */
export interface Camera {
  show(cards: readonly string[]): void;
  /** Bring cards into view that are not wholly there, and move no further than they need. */
  reveal(cards: readonly string[]): void;
  fit(): void;
  /** The pixels of the ground under the middle of the canvas. */
  middle(): Spot;
}

export class Editor {
  readonly session: Session;
  readonly clipboard: Clipboard;
  camera: Camera | null = null;
  root: HTMLElement | null = null;
  /** Shows another pipeline in this one's place; null where the host cannot. */
  readonly go: Go | null;
  ui: Ui;
  readonly #listeners = new Set<() => void>();

  constructor(session: Session, settings: Settings, mode: Mode, go: Go | null = null) {
    this.session = session;
    this.go = go;
    this.clipboard = new Clipboard(navigator.clipboard ?? null, storage());
    this.ui = {
      settings,
      mode,
      selection: NONE,
      panel: null,
      palette: false,
      choosing: null,
      fits: null,
      opened: CLOSED,
      over: null,
      runForm: null,
      policy: null,
      naming: null,
      saving: null,
      sides: null,
      forming: false,
      help: false,
      both: false,
      said: "",
    };
    session.subscribe(() => {
      const selection = restrict(this.ui.selection, session.shown.board);
      if (selection !== this.ui.selection) this.set({ selection });
    });
  }

  get shown(): Shown {
    return this.session.shown;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  set(change: Partial<Ui>): void {
    this.ui = { ...this.ui, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** Change, and draw it at once: what it shows can get the focus before the next key is pressed. */
  setNow(change: Partial<Ui>): void {
    flushSync(() => this.set(change));
  }

  /** Tell a screen reader something. */
  say(said: string): void {
    this.set({ said });
  }

  get readOnly(): boolean {
    return (this.ui.settings.readOnly ?? false) || Boolean(this.shown.past?.version);
  }
}

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("there is no editor around this part");
  return editor;
}

/** A part of the editor's state; give parts that stay the same objects while they are equal. */
export function useUi<T>(part: (ui: Ui) => T): T {
  const editor = useEditor();
  return useSyncExternalStore(editor.subscribe, () => part(editor.ui));
}

/** A part of what the session shows. */
export function useShown<T>(part: (shown: Shown) => T): T {
  const { session } = useEditor();
  return useSyncExternalStore(session.subscribe, () => part(session.shown));
}

/** How `Ui.fits` names a port. */
export function portKey(end: End): string {
  return `${end.card} ${handleOf(end)}`;
}
