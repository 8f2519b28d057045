/**
 * Edits on their way: each is kept until Python has acknowledged it, and sent again until then.
 *
 * What is kept also stands in a storage, so that a page that is loaded again sends the rest. Python
 * does each `(client, seq)` once, so sending again is always safe.
 */
import type { Operation } from "./protocol.ts";

/** Where waiting edits survive the page; any part of the Web Storage interface will do. */
export interface Keep {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Entry {
  readonly seq: number;
  readonly ops: readonly Operation[];
}

interface Kept {
  readonly client?: string;
  readonly last: number;
  readonly entries: readonly Entry[];
}

/** Make up the name of an editor. */
export function newName(): string {
  return crypto.getRandomValues(new Uint32Array(3)).reduce((text, part) => text + part.toString(36), "c");
}

export class Outbox {
  #client: string;
  #entries: readonly Entry[] = [];
  #last = 0;
  readonly #key: string;
  readonly #keep: Keep;

  constructor(client: string, key: string, keep: Keep) {
    this.#key = key;
    this.#keep = keep;
    const kept = readKept(keep.getItem(key));
    this.#client = kept.client ?? client;
    this.#entries = kept.entries;
    this.#last = kept.last;
  }

  get client(): string {
    return this.#client;
  }

  /** Edits that Python has not acknowledged, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Take an edit in; it has the next number. */
  add(ops: readonly Operation[]): Entry {
    const entry = { seq: this.#last + 1, ops };
    this.#last = entry.seq;
    this.#entries = [...this.#entries, entry];
    this.#write();
    return entry;
  }

  /** Forget everything up to `seq`, and count on from there; tell whether that changed anything. */
  acknowledge(seq: number): boolean {
    const left = this.#entries.filter((entry) => entry.seq > seq);
    const changed = left.length !== this.#entries.length || seq > this.#last;
    if (changed) {
      this.#entries = left;
      this.#last = Math.max(this.#last, seq);
      this.#write();
    }
    return changed;
  }

  /** Forget one that was not done; those before it wait on. */
  drop(seq: number): boolean {
    const left = this.#entries.filter((entry) => entry.seq !== seq);
    const changed = left.length !== this.#entries.length;
    this.#entries = left;
    if (changed) this.#write();
    return changed;
  }

  /** Go on under another name: what waits is counted from 1. */
  rename(client: string): void {
    this.#client = client;
    this.#entries = this.#entries.map(({ ops }, at) => ({ seq: at + 1, ops }));
    this.#last = this.#entries.length;
    this.#write();
  }

  #write(): void {
    try {
      const kept: Kept = { client: this.#client, last: this.#last, entries: this.#entries };
      this.#keep.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // a full or forbidden storage costs only what a reload would have saved
    }
  }
}

function readKept(text: string | null): Kept {
  try {
    const kept = JSON.parse(text ?? "") as Kept;
    if (Number.isInteger(kept.last) && Array.isArray(kept.entries)) return kept;
  } catch {
    // nothing was kept, or by something else
  }
  return { last: 0, entries: [] };
}

/** A storage that lives as long as the page, where the host offers none. */
export function memoryKeep(): Keep {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
