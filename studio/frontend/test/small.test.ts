/** The small parts: outbox, sharing, clipboard, typing, forms, runs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { boardOf } from "./boards.ts";
import { Clipboard, fromText, toText } from "../src/model/clipboard.ts";
import { controlFor, readTyped, written } from "../src/model/forms.ts";
import { Outbox, memoryKeep } from "../src/model/outbox.ts";
import { POLICIES, readPolicy } from "../src/model/policies.ts";
import { type Run, duration, reduceRun, statusOfParts } from "../src/model/runs.ts";
import { share } from "../src/model/share.ts";
import { Burst, caretIn, indentAfter } from "../src/model/typing.ts";

test("an outbox goes on where the page before it ended", () => {
  const keep = memoryKeep();
  const before = new Outbox("a", "key", keep);
  before.add([{ op: "undo" }]);
  before.add([{ op: "redo" }]);
  before.acknowledge(1);

  const after = new Outbox("a", "key", keep);

  assert.deepEqual(after.entries, [{ seq: 2, ops: [{ op: "redo" }] }]);
  assert.equal(after.add([]).seq, 3);
});

test("an outbox counts on from what Python has heard, even if it knows nothing of it", () => {
  const outbox = new Outbox("a", "key", memoryKeep());

  outbox.acknowledge(7);

  assert.equal(outbox.add([]).seq, 8);
});

test("equal parts are taken over, by id also when they moved", () => {
  const before = { list: [{ id: "a", n: 1 }, { id: "b", n: 2 }], other: { x: 1 } };

  const next = share(before, { list: [{ id: "b", n: 2 }, { id: "a", n: 9 }], other: { x: 1 } });

  assert.equal(next.other, before.other);
  assert.equal(next.list[0], before.list[1]);
  assert.deepEqual(next.list[1], { id: "a", n: 9 });
  assert.equal(share(before, structuredClone(before)), before);
});

test("steps go over the clipboard as text, and other text is none", async () => {
  const copied = { steps: [{ use: "feel", id: "mood" }] };
  let system = "";
  const clipboard = new Clipboard({
    readText: async () => system,
    writeText: async (text) => void (system = text),
  }, memoryKeep());

  await clipboard.write(copied);

  assert.deepEqual(fromText(toText(copied)), copied);
  assert.deepEqual(await clipboard.read(), copied);
  system = "something else";
  assert.equal(await clipboard.read(), null);
});

test("where the system's clipboard may not be used, steps go over to other pages all the same", async () => {
  const refuse = async (): Promise<never> => {
    throw new Error("not allowed");
  };
  const keep = memoryKeep();
  const refused = { readText: refuse, writeText: refuse };

  await new Clipboard(refused, keep).write({ steps: [{ use: "feel" }] });

  assert.deepEqual(await new Clipboard(refused, keep).read(), { steps: [{ use: "feel" }] });
});

test("steps that no clipboard takes are told of", async () => {
  const full = { ...memoryKeep(), setItem: () => { throw new Error("full"); } };

  assert.equal(await new Clipboard(null, full).write({ steps: [{ use: "feel" }] }), false);
  assert.equal(await new Clipboard(null, memoryKeep()).write({ steps: [{ use: "feel" }] }), true);
});

test("a burst of typing is sent once, when it pauses or is left", () => {
  const sent: string[] = [];
  const waiting = new Map<number, () => void>();
  let count = 0;
  const timer = {
    set: (run: () => void): number => {
      waiting.set(++count, run);
      return count;
    },
    clear: (id: unknown): void => void waiting.delete(id as number),
  };
  const burst = new Burst<string>((text) => void sent.push(text), timer);

  for (const text of ["a", "ab", "abc"]) burst.type(text);
  assert.equal(waiting.size, 1);
  for (const run of waiting.values()) run();
  burst.type("abcd");
  burst.flush();
  burst.flush();

  assert.deepEqual(sent, ["abc", "abcd"]);
});

test("the caret stays at its letters when others change the text", () => {
  assert.equal(caretIn("a\nbc\n", "new\na\nbc\n", 3), 7);
  assert.equal(caretIn("a\nbc\n", "a\nbc\nmore\n", 3), 3);
  assert.equal(caretIn("a\nbc\nd", "a\nd", 4), 2);
  assert.equal(caretIn("abc", "", 2), 0);
});

test("a schema has its control, through references and unions with null", () => {
  const root = { $defs: { Tone: { enum: ["plain", "warm"] } } };

  assert.deepEqual(controlFor({ $ref: "#/$defs/Tone" }, root), { kind: "choice", choices: ["plain", "warm"] });
  assert.equal(controlFor({ anyOf: [{ type: "integer" }, { type: "null" }] }).kind, "number");
  assert.equal(controlFor({ type: "array", items: { type: "string" } }).kind, "list");
  assert.equal(controlFor({ type: "object", properties: { a: { type: "string" } } }).kind, "object");
  assert.equal(controlFor({}).kind, "any");
});

test("typed text is read as its control says, and a wrong one is told", () => {
  const whole = controlFor({ type: "integer", minimum: 1 });

  assert.deepEqual(readTyped(whole, "12"), { ok: true, value: 12 });
  assert.deepEqual(readTyped(whole, ""), { ok: true, value: undefined });
  assert.equal(readTyped(whole, "1.5").ok, false);
  assert.equal(readTyped(whole, "0").ok, false);
  assert.deepEqual(readTyped(controlFor({}), "[1, 2]"), { ok: true, value: [1, 2] });
  assert.deepEqual(readTyped(controlFor({}), "plain"), { ok: true, value: "plain" });
  assert.equal(readTyped(controlFor({}), "[1,").ok, false);
  assert.equal(written({ a: 1 }), '{"a":1}');
});

test("news of a run add up, and a question goes when its step goes on", () => {
  let run: Run | null = reduceRun(null, { type: "run", execution: "r", status: "running", message: "" });
  run = reduceRun(run, { type: "steps", execution: "r", steps: { a: { status: "waiting" } } });
  run = reduceRun(run, { type: "question", execution: "r", step: "a", path: [], text: "Go on?", choices: [] });
  assert.equal(run?.questions.length, 1);

  run = reduceRun(run, { type: "steps", execution: "r", steps: { a: { status: "ok", seconds: 2 } } });

  assert.equal(run?.questions.length, 0);
  assert.equal(run?.steps.a?.seconds, 2);
});

test("what a whole run asks goes when it goes on", () => {
  let run: Run | null = reduceRun(null, { type: "steps", execution: "r", steps: { "": { status: "waiting" } } });
  run = reduceRun(run, { type: "question", execution: "r", step: "", path: [], text: "Changed. Go on?", choices: ["yes"] });
  assert.equal(run?.questions.length, 1);

  run = reduceRun(run, { type: "steps", execution: "r", steps: { "": { status: "" } } });

  assert.equal(run?.questions.length, 0);
});

test("the steps of another run take the place of those before", () => {
  const before = reduceRun(null, { type: "steps", execution: "one", steps: { a: { status: "ok" } } });

  const now = reduceRun(before, { type: "steps", execution: "two", steps: { b: { status: "running" } } });

  assert.deepEqual(Object.keys(now?.steps ?? {}), ["b"]);
});

test("a duration is said in few letters", () => {
  assert.deepEqual([0.0000042, 0.25, 2.34, 75].map(duration), ["4 µs", "250 ms", "2.3 s", "1 min 15 s"]);
});

test("every policy that can be added fits its own form", () => {
  for (const [name, { start, schema }] of Object.entries(POLICIES)) {
    const control = controlFor(schema);
    const fields = control.kind === "object" ? control.fields : [];
    const said = control.kind === "object" ? (start as { [key: string]: unknown }) : {};

    assert.deepEqual(readPolicy({ [name]: start }), { name, value: start });
    assert.deepEqual(fields.filter((field) => field.required && !(field.name in said)), []);
    assert.deepEqual(Object.keys(said).filter((key) => !fields.some((field) => field.name === key)), []);
  }
});

test("a container stands as its parts do, and one that forgives does not mind a part that fails", () => {
  const board = (kind: string) => boardOf([
    { id: "around", [kind]: [{ id: "one", use: "feel" }, { id: "two", use: "feel" }] },
    { id: "after", use: "feel" },
  ]);
  const told = (kind: string, one: string, two: string, status = "running"): string => {
    const steps = Object.fromEntries([["one", one], ["two", two]].filter(([, said]) => said).map(([id, said]) => [id, { status: String(said) }]));
    const run: Run = { execution: "x", status, message: "", steps, questions: [] };
    return statusOfParts(board(kind), run, "around");
  };

  assert.equal(told("parallel", "", ""), "");
  assert.equal(told("parallel", "ok", ""), "running");
  assert.equal(told("parallel", "ok", "waiting"), "waiting");
  assert.equal(told("parallel", "ok", "ok"), "ok");
  assert.equal(told("parallel", "ok", "failed"), "failed");
  assert.equal(told("fallback", "failed", ""), "running");
  assert.equal(told("fallback", "failed", "ok"), "ok");
  assert.equal(told("fallback", "failed", "failed", "failed"), "failed");
  assert.equal(told("race", "ok", "cancelled", "ok"), "ok");
  assert.equal(statusOfParts(board("race"), null, "around"), "");
});

test("a new line begins where the one before began, or further in below a list's name", () => {
  assert.equal(indentAfter("      - use: fetch"), "      ");
  assert.equal(indentAfter("  - each:"), "    ");
  assert.equal(indentAfter(""), "");
});

test("names for names are typed as pairs, and shown so", () => {
  const control = controlFor({ type: "object", format: "names", additionalProperties: { type: "string" } });
  const both = { item: "items", page: "pages" };

  assert.equal(written(both, control), "item: items, page: pages");
  for (const text of ["item: items, page: pages", "{item: items, page: pages}", '{"item": "items", "page": "pages"}']) {
    assert.deepEqual(readTyped(control, text), { ok: true, value: both });
  }
  assert.deepEqual(readTyped(control, "{}"), { ok: true, value: {} });
  assert.equal(readTyped(control, "items").ok, false);
});
