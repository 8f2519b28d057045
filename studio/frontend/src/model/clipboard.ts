/** Steps on the clipboard: plain JSON text with a mark, so that any page and pipeline can read it. */
import type { Keep } from "./outbox.ts";
import type { Step } from "./protocol.ts";

const MARK = "packetflow/steps";

/** What each copied step gives, by its id: the outputs with the names that others know them by. */
export type Gives = { readonly [id: string]: { readonly [output: string]: string } };

export interface Copied {
  readonly steps: readonly Step[];
  readonly gives?: Gives;
}

export function toText(copied: Copied): string {
  return JSON.stringify({ [MARK]: 1, steps: copied.steps, gives: copied.gives }, null, 1);
}

/** Read what is on a clipboard; null when it holds no steps. */
export function fromText(text: string): Copied | null {
  try {
    const read = JSON.parse(text) as { [key: string]: unknown };
    if (read[MARK] !== 1 || !Array.isArray(read.steps)) return null;
    return { steps: read.steps as Step[], gives: asGives(read.gives) };
  } catch {
    return null;
  }
}

function asGives(read: unknown): Gives {
  if (typeof read !== "object" || read === null) return {};
  const named = Object.entries(read).filter(([, outputs]) => {
    return typeof outputs === "object" && outputs !== null && Object.values(outputs).every((name) => typeof name === "string");
  });
  return Object.fromEntries(named) as Gives;
}

/** The part of the system's clipboard that is used. */
export interface SystemClipboard {
  readText(): Promise<string>;
  writeText(text: string): Promise<void>;
}

const KEPT = "packetflow copied steps";

/** The system's clipboard where it may be used, and what the browser keeps for our pages where not. */
export class Clipboard {
  readonly #system: SystemClipboard | null;
  readonly #keep: Keep;

  constructor(system: SystemClipboard | null, keep: Keep) {
    this.#system = system;
    this.#keep = keep;
  }

  async write(copied: Copied): Promise<void> {
    const text = toText(copied);
    try {
      this.#keep.setItem(KEPT, text);
    } catch {
      // it is full: what was kept before must not be taken for this
      this.#keep.removeItem(KEPT);
    }
    try {
      await this.#system?.writeText(text);
    } catch {
      // the page may not write there
    }
  }

  async read(): Promise<Copied | null> {
    try {
      const text = await this.#system?.readText();
      if (text !== undefined) return fromText(text);
    } catch {
      // the page may not read there
    }
    return fromText(this.#keep.getItem(KEPT) ?? "");
  }
}
