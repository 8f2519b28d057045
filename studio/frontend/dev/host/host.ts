/** A host in memory that keeps one document, as Python does: for tests and for the dev page. */
import type {
  DocumentMessage,
  FromCanvas,
  FromPython,
  Operation,
  PaletteItem,
} from "../../src/model/protocol.ts";
import { CATALOG, TYPES, lookUp } from "./catalog.ts";
import { difference } from "./difference.ts";
import { draw } from "./draw.ts";
import { type Draft, Refused, apply } from "./tree.ts";

export type Deliver = (message: FromPython) => void;

export class Host {
  draft: Draft;
  rev = 1;
  /** Every edit that was done, in order; tests look for doubles. */
  readonly done: string[] = [];
  readonly #acks = new Map<string, number>();
  /** What each editor was told last; the next time it is told what changed since. */
  readonly #editors = new Map<Deliver, DocumentMessage>();
  #past: { text: string; words: string }[] = [];
  #future: { text: string; words: string }[] = [];
  #saved: string;

  constructor(draft: Draft) {
    this.draft = draft;
    this.#saved = JSON.stringify(draft);
  }

  /** Take in a message of an editor that hears through `deliver`. */
  receive(message: FromCanvas, deliver: Deliver): void {
    switch (message.type) {
      case "open":
      case "whole":
        this.#editors.set(deliver, this.document());
        return deliver(this.document());
      case "edit":
        return this.#edit(message.client, message.seq, message.ops, deliver);
      case "palette": {
        const items = search(message.text, message.fits);
        return deliver({ type: "palette", ask: message.ask, items, types: TYPES });
      }
      default:
        return;
    }
  }

  /** An editor hears no more. */
  leave(deliver: Deliver): void {
    this.#editors.delete(deliver);
  }

  document(): DocumentMessage {
    const text = this.text();
    return structuredClone({
      type: "document",
      mark: `state ${this.rev}`,
      rev: this.rev,
      text,
      board: draw(this.draft),
      acks: Object.fromEntries(this.#acks),
      undo: this.#past.at(-1)?.words ?? null,
      redo: this.#future.at(-1)?.words ?? null,
      saved: JSON.stringify(this.draft) === this.#saved,
      conflict: null,
    });
  }

  text(): string {
    return JSON.stringify({ ...this.draft.header, steps: this.draft.steps }, null, 2);
  }

  #edit(client: string, seq: number, ops: readonly Operation[], deliver: Deliver): void {
    const heard = this.#acks.get(client) ?? 0;
    if (seq !== heard + 1) return this.receive({ type: "whole" }, deliver);
    this.#acks.set(client, seq);
    const before = JSON.stringify(this.draft);
    try {
      for (const op of ops) this.#apply(op, before, ops);
      this.done.push(`${client}#${seq}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.draft = JSON.parse(before) as Draft;
      deliver({ type: "refused", client, seq, message: error.message, op: null });
    }
    this.rev++;
    const now = this.document();
    for (const [editor, before] of this.#editors) {
      this.#editors.set(editor, now);
      editor(difference(before, now));
    }
  }

  #apply(op: Operation, before: string, ops: readonly Operation[]): void {
    switch (op.op) {
      case "undo":
        return this.#travel(this.#past, this.#future);
      case "redo":
        return this.#travel(this.#future, this.#past);
      case "save":
        this.#saved = JSON.stringify(this.draft);
        return;
      case "revert":
        this.draft = JSON.parse(this.#saved) as Draft;
        return;
      case "text": {
        const { steps, ...header } = readText(op.text);
        this.draft = { ...this.draft, header, steps };
        break;
      }
      default:
        apply(this.draft, op);
    }
    if (op === ops.at(-1)) {
      this.#past.push({ text: before, words: op.op });
      this.#future = [];
    }
  }

  #travel(from: { text: string; words: string }[], to: { text: string; words: string }[]): void {
    const last = from.pop();
    if (!last) throw new Refused("there is nothing left");
    to.push({ text: JSON.stringify(this.draft), words: last.words });
    this.draft = JSON.parse(last.text) as Draft;
  }
}

function readText(text: string): { steps: Draft["steps"] } & { [key: string]: unknown } {
  try {
    return JSON.parse(text) as { steps: Draft["steps"] };
  } catch (error) {
    throw new Refused(`the text cannot be read: ${String(error)}`);
  }
}

function search(text: string, fits: { type: string; side: string } | null): PaletteItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return CATALOG.filter((item) => {
    const said = `${item.name} ${item.about}`.toLowerCase();
    return words.every((word) => said.includes(word)) && (!fits || fitting(item.name, fits));
  });
}

function fitting(name: string, fits: { type: string; side: string }): boolean {
  const item = lookUp(name);
  if (fits.side === "input") return item?.inputs.some((one) => TYPES[one.type]?.fits.includes(fits.type)) ?? false;
  return item?.outputs.some((one) => TYPES[fits.type]?.fits.includes(one.type)) ?? false;
}
