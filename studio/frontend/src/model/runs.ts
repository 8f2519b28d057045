/** What is known of the run that the canvas shows. */
import { cardOf, within } from "./board.ts";
import type { Board, FromPython, Question, StepState } from "./protocol.ts";

export interface Run {
  readonly execution: string;
  readonly status: string;
  readonly message: string;
  readonly note?: string;
  readonly steps: { readonly [id: string]: StepState };
  readonly questions: readonly Question[];
}

export type RunNews = Extract<FromPython, { type: "run" | "steps" | "question" }>;

const OVER = new Set(["ok", "failed", "cancelled", "timed_out", "lost", "refused"]);

export function isOver(run: Run | null): boolean {
  return run === null || OVER.has(run.status);
}

/** Take news of a run in; a run of another name takes the place of one that is over. */
export function reduceRun(run: Run | null, news: RunNews): Run | null {
  if (!news.execution) {
    if (news.type !== "run") return run;
    return { execution: "", status: news.status, message: news.message, steps: {}, questions: [] };
  }
  const mine = run && (run.execution === news.execution || run.execution === "") ? run : null;
  const known: Run = mine ?? {
    execution: news.execution,
    status: "running",
    message: "",
    steps: {},
    questions: [],
  };
  const now = { ...known, execution: news.execution };
  switch (news.type) {
    case "run": {
      const questions = OVER.has(news.status) ? [] : now.questions;
      const note = news.note === undefined ? now.note : news.note;
      return { ...now, status: news.status, message: news.message, questions, ...(note === undefined ? {} : { note }) };
    }
    case "steps": {
      const steps = { ...now.steps };
      for (const [id, state] of Object.entries(news.steps)) steps[id] = { ...steps[id], ...state };
      const questions = now.questions.filter(({ step }) => (steps[cardAsking(step)]?.status ?? "waiting") === "waiting");
      return { ...now, steps, questions };
    }
    case "question": {
      const { type: _type, ...question } = news;
      return { ...now, questions: [...now.questions.filter((other) => !same(other, question)), question] };
    }
  }
}

/** The card of a step that asks: of one inside a called pipeline, the call. */
export function cardAsking(step: string): string {
  return step.split("/")[0] ?? step;
}

/** A question that has been answered is asked no longer. */
export function answered(run: Run, question: Question): Run {
  return { ...run, questions: run.questions.filter((other) => !same(other, question)) };
}

function same(one: Question, other: Question): boolean {
  return one.step === other.step && JSON.stringify(one.path) === JSON.stringify(other.path);
}

/** Kinds of which some parts may fail while the whole goes well. */
const FORGIVING: ReadonlySet<string> = new Set(["race", "fallback"]);
const BAD = ["failed", "timed_out", "lost", "cancelled"];

/** How a container stands, told by its parts; empty while none of them has begun. */
export function statusOfParts(board: Board, run: Run | null, id: string): string {
  const card = cardOf(board, id);
  if (!run || !card?.container) return "";
  const parts = [...within(board, id)].flatMap((part) => (part === id ? [] : run.steps[part]?.status ?? []));
  const found = new Set(parts);
  if (found.has("waiting")) return "waiting";
  if (found.has("running")) return "running";
  const bad = BAD.find((status) => found.has(status)) ?? "";
  const good = found.has("ok");
  if (bad && !(good && FORGIVING.has(card.kind))) return isOver(run) || card.kind !== "fallback" ? bad : "running";
  if (!good) return found.has("skipped") ? "skipped" : "";
  return isOver(run) || isThrough(board, run, id) ? "ok" : "running";
}

/** Whether something that comes after a container has begun, so that it must have ended. */
function isThrough(board: Board, run: Run, id: string): boolean {
  const inside = within(board, id);
  const all = board.cards.filter((card) => inside.has(card.id) && !card.container);
  if (all.every((card) => run.steps[card.id]?.status)) return true;
  return board.wires.some((wire) => wire.source !== null && inside.has(wire.source) && !inside.has(wire.target) && run.steps[wire.target]);
}

const WORDS: { readonly [status: string]: string } = {
  ok: "done",
  running: "running",
  waiting: "waits",
  failed: "failed",
  timed_out: "timed out",
  cancelled: "stopped",
  skipped: "skipped",
  lost: "interrupted",
  queued: "begins",
  refused: "not started",
};

export function statusWord(status: string): string {
  return WORDS[status] ?? status.replaceAll("_", " ");
}

/** How long something took, in a few letters. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.001) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
