/** A run that does nothing but look like one, for the dev page. */
import type { FromCanvas, FromPython, StepState } from "../../src/model/protocol.ts";
import type { Host } from "./host.ts";
import { allRows, kindOf } from "./tree.ts";

const PACE = 140;

export class PretendedRuns {
  readonly #host: Host;
  readonly #say: (message: FromPython) => void;
  #count = 0;
  #answer: (() => void) | null = null;
  #stopped = false;

  constructor(host: Host, say: (message: FromPython) => void) {
    this.#host = host;
    this.#say = say;
  }

  receive(message: FromCanvas): void {
    if (message.type === "run") void this.#run(message.ask, message.until);
    if (message.type === "stop") {
      this.#stopped = true;
      this.#answer?.();
    }
    if (message.type === "answer") this.#answer?.();
    if (message.type === "preview") {
      const rows = [["2024-01", 12.5, "north"], ["2024-02", 13.1, "north"], ["2024-03", 9.8, "south"]];
      this.#say({ type: "preview", ask: message.ask, looks: [{ kind: "table", columns: ["time", "value", "group"], rows, count: 1200 }, { kind: "json", value: { rows: 1200, columns: { time: "date", value: "float" } } }] });
    }
  }

  async #run(ask: number, until: string | null): Promise<void> {
    const execution = `run-${String(++this.#count).padStart(4, "0")}`; // ids grow, as the real ones do
    this.#stopped = false;
    this.#say({ type: "run", ask, execution, status: "running", message: "" });
    const steps = allRows(this.#host.draft).flatMap((rows) => rows.list);
    for (const step of steps.filter((one) => one.id !== "archive")) {
      if (this.#stopped) break;
      await this.#step(execution, step.id, kindOf(step) === "wait" ? String(step.approve ?? step.wait_for) : null);
      if (step.id === until) break;
    }
    const status = this.#stopped ? "cancelled" : "ok";
    this.#say({ type: "run", execution, status, message: "" });
  }

  async #step(execution: string, id: string, question: string | null): Promise<void> {
    const say = (state: StepState): void => this.#say({ type: "steps", execution, steps: { [id]: state } });
    say({ status: question === null ? "running" : "waiting" });
    if (question !== null) {
      this.#say({ type: "question", execution, step: id, path: [], text: question, choices: ["yes", "no"] });
      await new Promise<void>((resolve) => {
        this.#answer = resolve;
      });
    } else {
      await new Promise((resolve) => setTimeout(resolve, PACE));
    }
    say({ status: "ok", seconds: PACE / 1000, attempts: id === "render_report" ? 2 : 1 });
  }
}
