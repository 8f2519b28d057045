/**
 * One editor of one document: what Python said last, what is on its way, and what to show.
 *
 * It knows no sockets and no clock: a host gives it a way to send when it is connected, tells it
 * what arrives, and calls `tick` now and then.
 */
import { EMPTY } from "./board.ts";
import { changed } from "./changes.ts";
import { type Keep, Outbox, newName } from "./outbox.ts";
import { type Laid, lay } from "./overlay.ts";
import {
  type Board,
  type ChangesMessage,
  type DocumentMessage,
  type Fits,
  type FromCanvas,
  type FromPython,
  type Look,
  type Operation,
  PROTOCOL,
  type PaletteItem,
  type Question,
  type Standing,
  type Types,
} from "./protocol.ts";
import { type Run, answered, reduceRun } from "./runs.ts";
import { share } from "./share.ts";

export type Send = (message: FromCanvas) => void;
export type Connection = "connecting" | "open" | "lost" | "gone";

/** What views draw; a new object whenever something changed, the same parts where not. */
export interface Shown {
  readonly document: DocumentMessage | null;
  readonly board: Board;
  readonly pending: ReadonlySet<string>;
  /** Edits that Python has not acknowledged. */
  readonly waiting: number;
  readonly connection: Connection;
  readonly run: Run | null;
  /** The run that was asked for, and the version that it ran. */
  readonly past: Past | null;
  readonly standing: Standing;
  /** How often capabilities or pipelines have changed since the page was opened. */
  readonly renewals: number;
  /** What was refused last, until it is put away. */
  readonly refusal: string | null;
}

/** A run that one looks back at. */
export interface Past {
  readonly execution: string;
  /** What it ran; null where that is what stands there now. */
  readonly version: { readonly text: string; readonly board: Board } | null;
}

export interface RunWish {
  readonly inputs?: { [name: string]: unknown };
  readonly until?: string;
  readonly since?: string;
  readonly only?: string;
}

const RESEND_SECONDS = 4;
/** An edit with more characters is not sent: Python would not read it. */
const LONGEST_EDIT = 5_000_000;
/** Halves of characters, such as one that a length cut in two, as JSON has them; no UTF-8 can. */
const HALVES = /\\ud[89a-f]/i;
const NOTHING: ReadonlySet<string> = new Set();
const SOUND: Standing = { stale: {}, pinned: {}, broken: {} };

export class Session {
  readonly pipeline: string;
  shown: Shown = {
    document: null,
    board: EMPTY,
    pending: NOTHING,
    waiting: 0,
    connection: "connecting",
    run: null,
    past: null,
    standing: SOUND,
    renewals: 0,
    refusal: null,
  };
  readonly #outbox: Outbox;
  readonly #known = new Map<string, PaletteItem>();
  readonly #answers = new Map<number, (message: FromPython | null) => void>();
  readonly #listeners = new Set<() => void>();
  #send: Send | null = null;
  #types: Types = {};
  #ask = 0;
  #fresh = true;
  /** When the whole document was asked for, because changes did not go with what is here. */
  #lagsSince: number | null = null;
  /** The last edit that Python has for certain; it is shown as done once a board has it. */
  #heard = 0;
  #sentAt = 0;
  #now = 0;
  #followed: string | null = null;

  constructor(client: string, pipeline: string, keep: Keep, key = `packetflow:${client}`) {
    this.pipeline = pipeline;
    this.#outbox = new Outbox(client, key, keep);
    this.shown = { ...this.shown, waiting: this.#outbox.entries.length };
  }

  get client(): string {
    return this.#outbox.client;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** The way to Python is open: begin (again), and send what was not acknowledged. */
  connected(send: Send): void {
    this.#send = send;
    this.#fresh = true;
    this.#lagsSince = null;
    this.#heard = 0;
    const seen = this.shown.document?.rev ?? null;
    const { client, pipeline } = this;
    send({ type: "open", client, pipeline, seen, protocol: PROTOCOL });
    this.#show({ connection: "open", standing: SOUND });
    this.#resend();
    if (this.#followed) send({ type: "follow", execution: this.#followed });
  }

  /** The way is lost; edits are kept until it is open again. */
  disconnected(): void {
    this.#send = null;
    for (const answer of [...this.#answers.values()]) answer(null);
    if (this.shown.connection !== "gone") this.#show({ connection: "lost" });
  }

  /** Time goes on; `now` is in seconds. Sends again what has had no answer for long. */
  tick(now: number): void {
    this.#now = now;
    if (this.#lagsSince !== null && now - this.#lagsSince >= RESEND_SECONDS) this.#askForWhole();
    if (this.shown.waiting && this.#send && now - this.#sentAt >= RESEND_SECONDS) this.#resend();
  }

  /** Do these in order, as one entry of the history. */
  edit(...ops: Operation[]): void {
    if (ops.length === 0) return;
    const written = JSON.stringify(ops);
    if (written.length > LONGEST_EDIT) return this.#show({ refusal: "This is too large for one edit; nothing was changed" });
    if (HALVES.test(written)) ops = JSON.parse(written, (_, value) => (typeof value === "string" ? value.toWellFormed() : value)) as Operation[];
    if (this.#outbox.entries.length === 0) this.#sentAt = this.#now;
    const { seq } = this.#outbox.add(ops);
    this.#show({ refusal: null });
    this.#send?.({ type: "edit", client: this.client, seq, ops });
  }

  /** Search the palette; null when the connection was lost meanwhile. */
  async palette(text: string, fits: Fits | null = null): Promise<readonly PaletteItem[] | null> {
    const answer = await this.#question((ask) => ({ type: "palette", text, fits, ask }));
    if (answer?.type !== "palette") return null;
    for (const item of answer.items) this.#known.set(item.name, item);
    this.#types = { ...this.#types, ...answer.types };
    this.#show({});
    return answer.items;
  }

  /** Start the draft as it is. */
  async run(wish: RunWish = {}): Promise<void> {
    const { inputs = {}, until = null, since = null, only = null } = wish;
    this.#followed = null;
    this.#show({ past: null, run: { execution: "", status: "queued", message: "", steps: {}, questions: [] } });
    await this.#question((ask) => ({ type: "run", inputs, until, since, only, ask }));
  }

  stop(): void {
    const execution = this.shown.run?.execution;
    if (execution) this.#send?.({ type: "stop", execution });
  }

  answer(question: Question, value: unknown): void {
    const { execution, step, path } = question;
    this.#send?.({ type: "answer", execution, step, path, value });
    if (this.shown.run) this.#show({ run: answered(this.shown.run, question) });
  }

  /** A value of the run that is shown, in part. */
  async preview(step: string, port: string): Promise<readonly Look[] | null> {
    const execution = this.shown.run?.execution;
    if (!execution) return null;
    const answer = await this.#question((ask) => ({ type: "preview", execution, step, port, ask }));
    return answer?.type === "preview" ? answer.looks : null;
  }

  /** Draw that run on the canvas; null ends it. */
  follow(execution: string | null): void {
    this.#followed = execution;
    this.#send?.({ type: "follow", execution });
    const run = execution ? { execution, status: "queued", message: "", steps: {}, questions: [] } : null;
    this.#show({ run, past: null });
  }

  /** Make the version that is looked at the present one; an edit that can be undone. */
  bringBack(): void {
    const version = this.shown.past?.version;
    if (!version) return;
    this.#followed = null;
    this.#show({ past: null });
    this.edit({ op: "text", text: version.text });
  }

  /** What is said of the run has been read. */
  putAwayNote(): void {
    if (this.shown.run) this.#show({ run: { ...this.shown.run, note: "", message: "" } });
  }

  /** Say why something was not even tried. */
  refuse(why: string): void {
    this.#show({ refusal: why });
  }

  putAwayRefusal(): void {
    this.#show({ refusal: null });
  }

  /** Take in what Python says. */
  receive(message: FromPython): void {
    switch (message.type) {
      case "document":
        return this.#document(message);
      case "changes":
        return this.#changes(message);
      case "refused":
        return this.#refused(message);
      case "gone":
        return this.#show({ connection: "gone", refusal: message.message });
      case "heard":
        return this.#heardOf(message);
      case "renewed":
        return this.#show({ renewals: this.shown.renewals + 1 });
      case "error":
        return this.#error(message.ask ?? null, message.message);
      case "palette":
      case "preview":
        return this.#answers.get(message.ask)?.(message);
      case "standing": {
        const { type: _type, ...standing } = message;
        return this.#show({ standing: share(this.shown.standing, standing) });
      }
      case "version": {
        const { execution, text, board } = message;
        if (execution !== this.#followed) return;
        return this.#show({ past: { execution, version: board && text !== null ? { text, board } : null } });
      }
      case "run":
        if (typeof message.ask === "number") this.#answers.get(message.ask)?.(message);
        if (this.#isElsewhere(message.execution)) return;
        return this.#show({ run: reduceRun(this.shown.run, message) });
      case "steps":
      case "question":
        if (this.#isElsewhere(message.execution)) return;
        return this.#show({ run: reduceRun(this.shown.run, message) });
    }
  }

  /** Whether news are of another run than the one that was asked for, or of an earlier one than is shown. */
  #isElsewhere(execution: string): boolean {
    if (this.#followed !== null) return execution !== this.#followed;
    return execution !== "" && execution < (this.shown.run?.execution ?? "");
  }

  #document(message: DocumentMessage): void {
    const known = this.shown.document;
    const acked = message.acks[this.client];
    // a late board does not show what is done already: that stays laid over it
    if (acked !== undefined && !message.late && this.#outbox.acknowledge(acked)) this.#sentAt = this.#now;
    // an older one that was overtaken; only a host that was started again may count from anew
    if (known && message.rev < known.rev && !this.#fresh) return this.#show({});
    this.#fresh = false;
    this.#lagsSince = null;
    this.#show({ document: share(known, message) });
  }

  /** Changes count only upon the document that they were made upon; else the whole is asked for. */
  #changes(message: ChangesMessage): void {
    const known = this.shown.document;
    if (!this.#fresh && known?.mark === message.since) return this.#document(changed(known, message));
    const overtaken = known && !this.#fresh && (message.rev < known.rev || message.mark === known.mark);
    if (!overtaken && this.#lagsSince === null) this.#askForWhole();
  }

  #askForWhole(): void {
    this.#lagsSince = this.#now;
    this.#send?.({ type: "whole" });
  }

  /** Python has all edits up to `seq`; fewer than it said before: the draft was begun anew. */
  #heardOf({ client, seq, rev }: Extract<FromPython, { type: "heard" }>): void {
    if (client !== this.client) return;
    const [first] = this.#outbox.entries;
    const known = this.#fresh ? undefined : this.shown.document?.rev;
    if (first && seq + 1 < first.seq && known !== undefined && rev >= known) {
      this.#outbox.rename(newName());
      this.#heard = 0;
      return this.#resend();
    }
    this.#heard = Math.max(this.#heard, seq);
  }

  #refused(message: Extract<FromPython, { type: "refused" }>): void {
    if (message.client !== this.client) return;
    if (this.#outbox.drop(message.seq)) this.#show({ refusal: message.message });
  }

  #error(ask: number | null, message: string): void {
    const answer = ask === null ? undefined : this.#answers.get(ask);
    const { run } = this.shown;
    const asked = run?.status === "queued" && (run.execution === "" || ask === null);
    if (asked) this.#followed = null;
    this.#show({ refusal: message, ...(asked ? { run: null } : {}) });
    answer?.(null);
  }

  async #question(make: (ask: number) => FromCanvas): Promise<FromPython | null> {
    const send = this.#send;
    if (!send) return null;
    const ask = ++this.#ask;
    return new Promise((resolve) => {
      this.#answers.set(ask, (message) => {
        this.#answers.delete(ask);
        resolve(message);
      });
      send(make(ask));
    });
  }

  #resend(): void {
    this.#sentAt = this.#now;
    for (const { seq, ops } of this.#outbox.entries.filter((entry) => entry.seq > this.#heard)) {
      this.#send?.({ type: "edit", client: this.client, seq, ops });
    }
  }

  #show(change: Partial<Shown>): void {
    const next = { ...this.shown, ...change };
    const ops = this.#outbox.entries.flatMap((entry) => entry.ops);
    const said = next.document?.board ?? EMPTY;
    const version = next.past?.version;
    const laid: Laid = version ? { board: version.board, pending: NOTHING } : ops.length ? lay(said, ops, this.#known) : { board: said, pending: NOTHING };
    const types = share(this.shown.board.types, { ...this.#types, ...laid.board.types });
    const board = share(this.shown.board, { ...laid.board, types });
    this.shown = { ...next, board, pending: laid.pending, waiting: this.#outbox.entries.length };
    for (const listener of this.#listeners) listener();
  }
}
