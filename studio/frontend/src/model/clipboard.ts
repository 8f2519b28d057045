/** Steps on the clipboard: plain JSON text with a mark, so that any page and pipeline can read it. */
import type { Keep } from "./outbox.ts";
import type { Step } from "./protocol.ts";

const MARK = "packetflow/steps";

export interface Copied {
  readonly steps: readonly Step[];
}

export function toText(copied: Copied): string {
  return JSON.stringify({ [MARK]: 1, steps: copied.steps }, null, 1);
}

/** Read what is on a clipboard; null when it holds no steps. */
export function fromText(text: string): Copied | null {
  try {
    const read = JSON.parse(text) as { [key: string]: unknown };
    if (read[MARK] !== 1 || !Array.isArray(read.steps)) return null;
    return { steps: read.steps as Step[] };
  } catch {
    return null;
  }
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

  /** Copy; whether anything took it. */
  async write(copied: Copied): Promise<boolean> {
    const text = toText(copied);
    let kept = true;
    try {
      this.#keep.setItem(KEPT, text);
    } catch {
      // it is full: what was kept before must not be taken for this
      this.#keep.removeItem(KEPT);
      kept = false;
    }
    try {
      await this.#system?.writeText(text);
    } catch {
      return kept; // the page may not write there
    }
    return kept || this.#system !== null;
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
