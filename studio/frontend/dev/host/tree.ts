/** A pipeline as nested steps, in the words of its file, and the edits on it. */
import type { Operation, Place } from "../../src/model/protocol.ts";

export type Written = { id: string; [key: string]: unknown };

export interface Draft {
  header: { [key: string]: unknown };
  kind: string;
  steps: Written[];
  looks: { [id: string]: { at?: [number, number]; note?: string; pins?: string[] } };
}

export interface Rows {
  readonly parent: string | null;
  readonly slot: string;
  readonly case: number;
  readonly list: Written[];
}

const HOLDERS = ["sequence", "parallel", "graph", "race", "fallback", "each", "repeat"];

export class Refused extends Error {}

/** The kind of a step, by its keys. */
export function kindOf(step: Written): string {
  if ("use" in step) return "use";
  if ("call" in step) return "call";
  if ("when" in step || "choose" in step) return "branch";
  if ("wait_for" in step || "approve" in step) return "wait";
  return HOLDERS.find((kind) => kind in step) ?? "unknown";
}

/** The lists inside a step. */
export function rowsOf(step: Written): Rows[] {
  const at = (slot: string, list: unknown): Rows[] =>
    Array.isArray(list) ? [{ parent: step.id, slot, case: 0, list }] : [];
  const own = HOLDERS.flatMap((kind) => at("steps", step[kind]));
  return [...own, ...at("then", step.then), ...at("otherwise", step.otherwise)];
}

/** Every list of a draft, the outermost first. */
export function allRows(draft: Draft): Rows[] {
  const found: Rows[] = [{ parent: null, slot: "steps", case: 0, list: draft.steps }];
  for (const rows of found) found.push(...rows.list.flatMap(rowsOf));
  return found;
}

function hold(draft: Draft, id: string): { rows: Rows; at: number; step: Written } {
  for (const rows of allRows(draft)) {
    const at = rows.list.findIndex((step) => step.id === id);
    const step = rows.list[at];
    if (step) return { rows, at, step };
  }
  throw new Refused(`there is no step '${id}'`);
}

function put(draft: Draft, step: Written, place: Place): void {
  const beside = place.before ?? place.after;
  if (beside !== undefined) {
    const { rows, at } = hold(draft, beside);
    rows.list.splice(place.before === undefined ? at + 1 : at, 0, step);
    return;
  }
  const into = place.into ?? null;
  const slot = place.slot ?? "steps";
  const around = into === null ? null : hold(draft, into).step;
  if (around && slot === "otherwise") around.otherwise ??= [];
  const rows = allRows(draft).find((one) => one.parent === into && one.slot === slot);
  if (!rows) throw new Refused(`'${into}' has no list '${slot}'`);
  rows.list.splice(place.at ?? rows.list.length, 0, step);
}

function ids(draft: Draft): Set<string> {
  return new Set(allRows(draft).flatMap((rows) => rows.list.map((step) => step.id)));
}

function named(step: Written, taken: Set<string>): Written {
  const base = String(step.id ?? step.use ?? step.call ?? kindOf(step));
  let id = base;
  for (let count = 2; taken.has(id); count++) id = `${base}_${count}`;
  taken.add(id);
  const made: Written = { ...structuredClone(step), id };
  for (const rows of rowsOf(made)) {
    rows.list.splice(0, rows.list.length, ...rows.list.map((inner) => named(inner, taken)));
  }
  return made;
}

/** Apply one operation of the file or of the looks; the draft is changed in place. */
export function apply(draft: Draft, op: Operation): void {
  switch (op.op) {
    case "insert": {
      const step = op.step as Written;
      if (step.id !== undefined && ids(draft).has(step.id)) {
        throw new Refused(`there is a step '${step.id}' already`);
      }
      return put(draft, named(step, ids(draft)), op.place ?? {});
    }
    case "remove": {
      const { rows, at } = hold(draft, op.step);
      rows.list.splice(at, 1);
      return forget(draft, op.step);
    }
    case "move": {
      const { rows, at, step } = hold(draft, op.step);
      const into = op.place.into ?? op.place.before ?? op.place.after;
      if (into && (into === op.step || idsIn(step).has(into))) {
        throw new Refused(`'${op.step}' cannot go into itself`);
      }
      rows.list.splice(at, 1);
      return put(draft, step, op.place);
    }
    case "set":
      return setOrDrop(hold(draft, op.step).step, op.field, op.value);
    case "rename":
      return rename(draft, op.step, op.to);
    case "header":
      return setOrDrop(draft.header, op.field, op.value);
    case "read":
      return join(hold(draft, op.step).step, op.input, op.from);
    case "leave":
      return join(hold(draft, op.step).step, op.input, null);
    case "after": {
      const { step } = hold(draft, op.step);
      hold(draft, op.wait_for);
      step.after = [...new Set([...afterOf(step), op.wait_for])];
      return;
    }
    case "not_after": {
      const { step } = hold(draft, op.step);
      setOrDrop(step, "after", listOrNull(afterOf(step).filter((id) => id !== op.wait_for)));
      return;
    }
    case "wrap":
      return wrap(draft, op.steps, op.kind, op.fields ?? {});
    case "unwrap": {
      const { rows, at, step } = hold(draft, op.step);
      rows.list.splice(at, 1, ...rowsOf(step).flatMap((inner) => inner.list));
      return;
    }
    case "guard": {
      const { step } = hold(draft, op.step);
      step.with = [...policiesOf(step), op.policy];
      return;
    }
    case "unguard": {
      const { step } = hold(draft, op.step);
      setOrDrop(step, "with", listOrNull(policiesOf(step).filter((_, at) => at !== op.at)));
      return;
    }
    case "place":
      for (const [id, [x, y]] of Object.entries(op.at)) draft.looks[id] = { ...draft.looks[id], at: [x, y] };
      return;
    case "arrange":
      for (const look of Object.values(draft.looks)) delete look.at;
      return;
    case "note":
      draft.looks[op.step] = { ...draft.looks[op.step], note: op.text };
      return;
    case "pin":
      draft.looks[op.step] = { ...draft.looks[op.step], pins: op.ports };
      return;
    case "paste": {
      const made = op.steps.map((step) => step as Written);
      const taken = ids(draft);
      made.forEach((step, index) => {
        const own = named(step, taken);
        put(draft, own, { ...op.place, ...(op.place.at == null ? {} : { at: op.place.at + index }) });
        const spot = op.at[step.id];
        if (spot) draft.looks[own.id] = { at: [spot[0], spot[1]] };
      });
      return;
    }
    default:
      throw new Refused(`'${op.op}' is not done here`);
  }
}

function forget(draft: Draft, id: string): void {
  for (const rows of allRows(draft)) {
    for (const step of rows.list) {
      if (step.after) setOrDrop(step, "after", listOrNull(afterOf(step).filter((one) => one !== id)));
    }
  }
}

function idsIn(step: Written): Set<string> {
  return new Set(rowsOf(step).flatMap((rows) => rows.list.flatMap((one) => [one.id, ...idsIn(one)])));
}

export function afterOf(step: Written): string[] {
  return Array.isArray(step.after) ? step.after : [];
}

export function policiesOf(step: Written): { [key: string]: unknown }[] {
  return Array.isArray(step.with) ? step.with : [];
}

function listOrNull<T>(list: readonly T[]): readonly T[] | null {
  return list.length ? list : null;
}

function setOrDrop(table: { [key: string]: unknown }, key: string, value: unknown): void {
  if (value === null || value === undefined) delete table[key];
  else table[key] = structuredClone(value);
}

function join(step: Written, input: string, name: string | null): void {
  step.from = { ...(step.from as object | undefined), [input]: name };
}

function rename(draft: Draft, from: string, to: string): void {
  const { step } = hold(draft, from);
  if (from === to) return;
  if (ids(draft).has(to)) throw new Refused(`there is a step '${to}' already`);
  step.id = to;
  for (const rows of allRows(draft)) {
    for (const one of rows.list) {
      if (one.after) one.after = afterOf(one).map((id) => (id === from ? to : id));
    }
  }
  const look = draft.looks[from];
  if (look) draft.looks[to] = look;
  delete draft.looks[from];
}

function wrap(draft: Draft, steps: readonly string[], kind: string, fields: object): void {
  const [first] = steps;
  const { rows, at } = hold(draft, first ?? "");
  const held = rows.list.slice(at, at + steps.length);
  if (held.length !== steps.length || !held.every((step) => steps.includes(step.id))) {
    throw new Refused("only steps that stand next to each other can be put into one");
  }
  const around = { ...(kind === "when" ? { ...fields, then: held } : { [kind]: held, ...fields }) };
  const id = named({ ...around, [kind]: undefined, then: undefined, id: kind === "when" ? "choice" : kind }, ids(draft)).id;
  rows.list.splice(at, held.length, { ...around, id });
  for (const step of held) if (draft.looks[step.id]) delete draft.looks[step.id]?.at;
}
