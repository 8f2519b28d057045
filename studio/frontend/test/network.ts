/** A network between editors and a host that loses, doubles, delays and reorders messages. */
import type { FromCanvas, FromPython } from "../src/model/protocol.ts";
import { Session } from "../src/model/session.ts";
import { memoryKeep } from "../src/model/outbox.ts";
import type { Host } from "../dev/host/host.ts";
import type { Random } from "./random.ts";

export interface Faults {
  readonly lost: number;
  readonly doubled: number;
}

/** One editor and its way to the host. */
export class Line {
  session: Session;
  readonly #keep = memoryKeep();
  readonly #name: string;
  readonly #host: Host;
  readonly #random: Random;
  #up: FromCanvas[] = [];
  #down: FromPython[] = [];
  #deliver: ((message: FromPython) => void) | null = null;
  #time = 0;

  constructor(name: string, host: Host, random: Random) {
    this.#name = name;
    this.#host = host;
    this.#random = random;
    this.session = new Session(name, "test", this.#keep);
  }

  connect(): void {
    this.disconnect();
    const down: FromPython[] = [];
    this.#down = down;
    this.#deliver = (message) => void down.push(message);
    this.session.connected((message) => void this.#up.push(message));
  }

  /** What was on its way either way is gone. */
  disconnect(): void {
    if (this.#deliver) this.#host.leave(this.#deliver);
    this.#up = [];
    this.#down = [];
    this.#deliver = null;
    this.session.disconnected();
  }

  /** The page is loaded again; only what was kept is still known. */
  reload(): void {
    this.disconnect();
    this.session = new Session(this.#name, "test", this.#keep);
    this.connect();
  }

  /** Let a message or two arrive, any of those on their way. */
  move(faults: Faults): void {
    const up = this.#take(this.#up, faults);
    if (up && this.#deliver) this.#host.receive(up, this.#deliver);
    const down = this.#take(this.#down, faults);
    if (down) this.session.receive(structuredClone(down));
    this.session.tick((this.#time += 0.5));
  }

  /** Connect anew and let everything arrive, in order. */
  settle(): void {
    this.connect();
    for (let round = 0; round < 5000; round++) {
      const [up] = this.#up.splice(0, 1);
      if (up && this.#deliver) this.#host.receive(structuredClone(up), this.#deliver);
      const [down] = this.#down.splice(0, 1);
      if (down) this.session.receive(structuredClone(down));
      if (!up && !down && this.session.shown.waiting === 0) return;
      this.session.tick((this.#time += 0.5));
    }
    throw new Error(`${this.#name} still has ${this.session.shown.waiting} edits after 5000 rounds`);
  }

  #take<T>(queue: T[], { lost, doubled }: Faults): T | undefined {
    if (queue.length === 0) return undefined;
    const at = this.#random.chance(0.7) ? 0 : this.#random.below(queue.length);
    if (this.#random.chance(doubled)) return structuredClone(queue[at]);
    const [message] = queue.splice(at, 1);
    return this.#random.chance(lost) ? undefined : structuredClone(message);
  }
}
