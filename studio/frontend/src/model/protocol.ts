/**
 * The messages between the canvas and Python, version 1; `docs/canvas.md` says what they mean.
 */

export const PROTOCOL = 1;

/** A JSON Schema, or a part of one. */
export type Schema = { readonly [key: string]: unknown };

/** A step as it stands in the file. */
export type Step = { readonly [key: string]: unknown };

export interface Port {
  readonly name: string;
  readonly scope: string;
  readonly type: string;
  readonly optional: boolean;
  readonly secret: boolean;
  readonly help: string;
  readonly default: string;
  readonly schema: Schema;
  /** At the inner side of a container's border. */
  readonly inside?: boolean;
  /** It stands at its default, and need not be shown. */
  readonly idle?: boolean;
  /** The value fixed here; absent when none is. */
  readonly set?: unknown;
}

export interface Policy {
  readonly text: string;
  readonly written: unknown;
}

export interface Field {
  readonly name: string;
  readonly value: unknown;
  readonly schema: Schema;
  readonly help: string;
  readonly case: number;
}

export interface Card {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly about: string;
  readonly note: string;
  readonly parent: string | null;
  readonly slot: string;
  readonly case: number;
  readonly at: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly policies: readonly Policy[];
  readonly fields: readonly Field[];
  readonly after: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly pins: readonly string[];
  readonly status: string;
  readonly container: boolean;
  readonly line?: number;
}

export interface Wire {
  readonly id: string;
  readonly source: string | null;
  readonly output: string;
  readonly name: string;
  readonly target: string;
  readonly input: string;
  readonly certain: boolean;
}

export interface Problem {
  readonly code: string;
  readonly step: string;
  readonly name: string;
  readonly message: string;
  readonly severity: string;
  readonly fix: { readonly text: string; readonly operation: Operation } | null;
  readonly line?: number;
}

export interface TypeName {
  readonly name: string;
  readonly fits: readonly string[];
}

export type Types = { readonly [id: string]: TypeName };

export interface Board {
  readonly name: string;
  readonly intent: string;
  readonly version: string;
  readonly kind: string;
  readonly root: string;
  readonly cards: readonly Card[];
  readonly wires: readonly Wire[];
  readonly problems: readonly Problem[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly types: Types;
}

/** Where a step goes. */
export interface Place {
  readonly before?: string;
  readonly after?: string;
  readonly into?: string | null;
  readonly slot?: string;
  readonly case?: number;
  readonly at?: number | null;
}

export type Spot = readonly [x: number, y: number];

export type Operation =
  | { op: "insert"; step: Step; place?: Place }
  | { op: "remove"; step: string }
  | { op: "move"; step: string; place: Place }
  | { op: "set"; step: string; field: string; value: unknown; case?: number }
  | { op: "rename"; step: string; to: string }
  | { op: "header"; field: string; value: unknown }
  | { op: "read"; step: string; input: string; from: string }
  | { op: "leave"; step: string; input: string }
  | { op: "after"; step: string; wait_for: string }
  | { op: "not_after"; step: string; wait_for: string }
  | { op: "wrap"; steps: string[]; kind: string; fields?: Step }
  | { op: "unwrap"; step: string }
  | { op: "guard"; step: string; policy: Step }
  | { op: "unguard"; step: string; at: number }
  | { op: "kind"; step: string; kind: string; fields?: Step }
  | { op: "text"; text: string; base?: string }
  | { op: "place"; at: { [id: string]: Spot } }
  | { op: "arrange"; sizes: { [id: string]: Spot } }
  | { op: "note"; step: string; text: string }
  | { op: "pin"; step: string; ports: string[]; run?: string }
  | { op: "paste"; steps: readonly Step[]; place: Place; at: { [id: string]: Spot } }
  | { op: "pack"; steps: string[]; name: string }
  | { op: "unpack"; step: string }
  | { op: "undo" }
  | { op: "redo" }
  | { op: "save"; over: string | null; calls?: "rename" | "leave" }
  | { op: "revert" };

export interface PaletteItem {
  readonly name: string;
  readonly kind: "use" | "call";
  readonly about: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly tags?: readonly string[];
}

export interface Look {
  readonly kind: "text" | "markdown" | "table" | "json" | "image" | "chart" | "error";
  readonly [key: string]: unknown;
}

/** How a step of a run stands. */
export interface StepState {
  readonly status: string;
  readonly seconds?: number | null;
  readonly attempts?: number;
  readonly done?: number;
  readonly of?: number;
  readonly partial?: string;
  /** How far it says that it is, from 0 to 1. */
  readonly fraction?: number | null;
  readonly error?: string;
  /** Taken over from an earlier run, or pinned. */
  readonly reused?: boolean;
}

/** What of the recorded values still counts. */
export interface Standing {
  /** By step: `changed` since it ran, or `follows` such a one. */
  readonly stale: { readonly [id: string]: string };
  /** By step that is pinned, the run whose values are used. */
  readonly pinned: { readonly [id: string]: string };
  /** By step, why its pin cannot be used. */
  readonly broken: { readonly [id: string]: string };
}

export interface Fits {
  readonly type: string;
  readonly side: "input" | "output";
}

export type FromCanvas =
  | { type: "open"; client: string; pipeline: string; seen: number | null; protocol: number }
  | { type: "whole" }
  | { type: "edit"; client: string; seq: number; ops: readonly Operation[] }
  | { type: "palette"; text: string; fits: Fits | null; ask: number }
  | {
      type: "run";
      inputs: { [name: string]: unknown };
      until: string | null;
      since: string | null;
      only: string | null;
      ask: number;
    }
  | { type: "stop"; execution: string }
  | { type: "answer"; execution: string; step: string; path: unknown; value: unknown }
  | { type: "preview"; execution: string; step: string; port: string; ask: number }
  | { type: "follow"; execution: string | null };

export interface DocumentMessage {
  readonly type: "document";
  /** The name of this very state; changes say upon which they were made. */
  readonly mark?: string;
  /** The name by which to open it again. */
  readonly pipeline?: string;
  readonly rev: number;
  readonly text: string;
  readonly board: Board;
  readonly acks: { readonly [client: string]: number };
  readonly undo: string | null;
  readonly redo: string | null;
  readonly saved: boolean;
  readonly conflict: { readonly text: string; readonly digest: string } | null;
  /** Who calls it by the name of its file, while it is to get another one. */
  readonly callers?: readonly string[];
  /** Why the board is older than the text; empty where it is not. */
  readonly late?: string;
}

/** How one list of things with ids becomes another. */
export interface ListChanges<T extends { readonly id: string }> {
  readonly gone?: readonly string[];
  /** What is other in things that stay. */
  readonly set?: readonly (Partial<T> & { readonly id: string })[];
  /** New things with their places in the new list, in that order. */
  readonly put?: readonly (readonly [at: number, item: T])[];
  /** All ids, where things that stay change places. */
  readonly order?: readonly string[];
  readonly all?: readonly T[];
}

export interface ChangesMessage extends Omit<DocumentMessage, "type" | "text" | "board" | "mark"> {
  readonly type: "changes";
  /** The mark of the document that they were made upon. */
  readonly since: string;
  readonly mark: string;
  /** Where, how many characters go, and what comes; null where the text is as it was. */
  readonly text: readonly [at: number, gone: number, put: string] | null;
  readonly board: Partial<Omit<Board, "cards" | "wires">> & {
    readonly cards?: ListChanges<Card>;
    readonly wires?: ListChanges<Wire>;
  };
}

export interface Question {
  readonly execution: string;
  readonly step: string;
  readonly path: unknown;
  readonly text: string;
  readonly choices: readonly string[];
}

export interface RunMessage {
  readonly type: "run";
  readonly ask?: number | null;
  readonly execution: string;
  readonly status: string;
  readonly message: string;
  /** What is to be known of how it began. */
  readonly note?: string;
}

export type FromPython =
  | DocumentMessage
  | ChangesMessage
  | { type: "refused"; client: string; seq: number; message: string; op?: unknown }
  | { type: "palette"; ask: number; items: PaletteItem[]; types?: Types }
  | { type: "heard"; client: string; seq: number; rev: number }
  | { type: "error"; ask?: number | null; message: string }
  | RunMessage
  | { type: "steps"; execution: string; steps: { [id: string]: StepState } }
  | ({ type: "question" } & Question)
  | ({ type: "standing" } & Standing)
  | { type: "version"; execution: string; text: string | null; board: Board | null }
  | { type: "preview"; ask: number; looks: Look[] }
  | { type: "renewed" }
  | { type: "gone"; message: string };
