/** A burst of typing is one edit: it goes out when a field is left, or after a pause. */

export interface Timer {
  set(run: () => void, milliseconds: number): unknown;
  clear(timer: unknown): void;
}

export const PAUSE_MILLISECONDS = 500;

export class Burst<Value> {
  #waits: { readonly value: Value; readonly timer: unknown } | null = null;
  readonly #send: (value: Value) => void;
  readonly #timer: Timer;

  constructor(send: (value: Value) => void, timer: Timer) {
    this.#send = send;
    this.#timer = timer;
  }

  /** A key was pressed: `value` is what stands there now. */
  type(value: Value): void {
    if (this.#waits) this.#timer.clear(this.#waits.timer);
    const timer = this.#timer.set(() => this.flush(), PAUSE_MILLISECONDS);
    this.#waits = { value, timer };
  }

  /** The field is left: send what waits. */
  flush(): void {
    const waits = this.#waits;
    if (!waits) return;
    this.#timer.clear(waits.timer);
    this.#waits = null;
    this.#send(waits.value);
  }

  /** What was typed is not meant. */
  drop(): void {
    if (this.#waits) this.#timer.clear(this.#waits.timer);
    this.#waits = null;
  }

  get waits(): boolean {
    return this.#waits !== null;
  }
}

/** Where the caret belongs when a text becomes another: at the same letters, if they are still there. */
export function caretIn(text: string, next: string, at: number): number {
  const most = Math.min(text.length, next.length);
  let start = 0;
  while (start < most && text[start] === next[start]) start += 1;
  if (at <= start) return at;
  let end = 0;
  while (end < most - start && text.at(-1 - end) === next.at(-1 - end)) end += 1;
  return at >= text.length - end ? at + next.length - text.length : Math.min(at, next.length - end);
}

/** What a new line after this one begins with: as far in as it, and further where it opens a list. */
export function indentAfter(line: string): string {
  const [indent = ""] = /^ */.exec(line) ?? [];
  return line.trimEnd().endsWith(":") ? `${indent}  ` : indent;
}
