/** The board of a draft: ports, wires by name, problems, places. */
import { CARD_WIDTH, PADDING } from "../../src/model/board.ts";
import { LANE_HEAD, cardHeight } from "../../src/model/geometry.ts";
import type { Board, Card, Field, Policy, Port, Problem, Wire } from "../../src/model/protocol.ts";
import { TYPES, lookUp, port } from "./catalog.ts";
import { type Draft, type Rows, type Written, afterOf, kindOf, policiesOf, rowsOf } from "./tree.ts";

type Scope = Map<string, { source: string | null; output: string; type: string; certain: boolean }>;

interface Drawing {
  readonly draft: Draft;
  readonly cards: Card[];
  readonly wires: Wire[];
  readonly problems: Problem[];
  readonly inputs: Map<string, Port>;
}

export function draw(draft: Draft): Board {
  const drawing: Drawing = { draft, cards: [], wires: [], problems: [], inputs: new Map() };
  const rows = { parent: null, slot: "steps", case: 0, list: draft.steps };
  const scope: Scope = new Map();
  drawRows(drawing, rows, scope, draft.kind);
  stand(drawing);
  const outputs = [...scope].map(([name, made]) => ({ ...port(`${name}: ${made.type}`), optional: !made.certain }));
  return {
    name: String(draft.header.pipeline ?? ""),
    intent: String(draft.header.intent ?? ""),
    version: String(draft.header.version ?? "1"),
    kind: draft.kind,
    root: "",
    cards: drawing.cards,
    wires: drawing.wires,
    problems: drawing.problems,
    inputs: [...drawing.inputs.values()],
    outputs,
    types: TYPES,
  };
}

function drawRows(drawing: Drawing, rows: Rows, scope: Scope, kind: string): void {
  const together = kind === "graph" || kind === "parallel";
  const before: Scope = new Map(scope);
  if (kind === "graph") {
    for (const step of rows.list) for (const [name, made] of gives(step)) before.set(name, made);
  }
  rows.list.forEach((step, at) => {
    drawStep(drawing, step, rows, at, together ? new Map(before) : scope);
    for (const [name, made] of gives(step)) scope.set(name, made);
  });
}

/** The names that a step adds to the scope around it. */
function gives(step: Written): Scope {
  const item = lookUp(String(step.use ?? step.call ?? ""));
  const kept = step.to as { [output: string]: string } | undefined;
  const found: Scope = new Map();
  for (const out of item?.outputs ?? []) {
    const name = kept ? kept[out.name] : out.name;
    if (name) found.set(name, { source: step.id, output: out.name, type: out.type, certain: true });
  }
  const kind = kindOf(step);
  if (kind === "wait") found.set(String(step.into ?? step.wait_for), { source: step.id, output: String(step.into ?? step.wait_for), type: "any", certain: true });
  if (kind === "each") {
    for (const [inner, outer] of Object.entries((step.into ?? {}) as object)) {
      found.set(String(outer), { source: step.id, output: String(outer), type: "list[str]", certain: true });
      void inner;
    }
    return found;
  }
  for (const rows of rowsOf(step)) {
    for (const inner of rows.list) {
      for (const [name, made] of gives(inner)) {
        found.set(name, { ...made, certain: made.certain && kind !== "branch" });
      }
    }
  }
  return found;
}

function drawStep(drawing: Drawing, step: Written, rows: Rows, at: number, scope: Scope): void {
  const kind = kindOf(step);
  const item = lookUp(String(step.use ?? step.call ?? ""));
  const values = (step.set ?? {}) as { [input: string]: unknown };
  const over = Object.entries((kind === "each" ? (step.over ?? {}) : {}) as { [inner: string]: string });
  const outer = over.map(([, list]) => port(`${list}: list[str]`));
  const from = (step.from ?? {}) as { [input: string]: string | null };
  const inputs = [...(item?.inputs ?? []), ...outer].map((one) => {
    if (one.name in values) return { ...one, scope: "", set: values[one.name] };
    if (one.name in from) return { ...one, scope: from[one.name] ?? "", idle: one.optional && !from[one.name] };
    return one.optional && !scope.has(one.name) ? { ...one, idle: true } : one;
  });
  for (const one of inputs) read(drawing, step, one, scope);
  const own = gives(step);
  const outputs = (item?.outputs ?? []).map((out) => ({
    ...out,
    scope: [...own].find(([, made]) => made.output === out.name)?.[0] ?? "",
  }));
  const more = kind === "each" || kind === "wait" ? [...own].map(([name, made]) => port(`${name}: ${made.type}`)) : [];
  const inside = over.map(([inner]): Port => ({ ...port(`${inner}: str`), inside: true }));
  const look = drawing.draft.looks[step.id] ?? {};
  const card: Card = {
    id: step.id,
    kind: item || !["use", "call"].includes(kind) ? kind : "unknown",
    title: String(step.use ?? step.call ?? step.wait_for ?? step.approve ?? TITLES[kind] ?? kind),
    about: item?.about ?? "",
    note: look.note ?? "",
    parent: rows.parent,
    slot: rows.slot,
    case: rows.case,
    at,
    inputs,
    outputs: [...outputs, ...more, ...inside],
    policies: policiesOf(step).map(policy),
    fields: fieldsOf(step, kind),
    after: afterOf(step),
    x: look.at?.[0] ?? Number.NaN,
    y: look.at?.[1] ?? Number.NaN,
    width: 0,
    height: 0,
    pins: look.pins ?? [],
    status: "",
    container: !["use", "call", "unknown", "wait"].includes(kind),
  };
  if (!item && ["use", "call"].includes(kind)) {
    drawing.problems.push(problem("unknown_capability", step.id, "", `There is no capability '${card.title}'.`));
  }
  drawing.cards.push(card);
  for (const inner of rowsOf(step)) {
    const there: Scope = new Map(scope);
    for (const [name] of over) there.set(name, { source: step.id, output: name, type: "str", certain: true });
    drawRows(drawing, inner, there, inner.slot === "steps" ? kind : "sequence");
  }
}

const TITLES: { readonly [kind: string]: string } = {
  branch: "Choose",
  each: "For each",
  repeat: "Repeat",
  race: "Race",
  fallback: "Fallback",
  parallel: "At the same time",
  graph: "Graph",
  sequence: "One after the other",
};

function policy(written: { [key: string]: unknown }): Policy {
  const [name = "", said] = Object.entries(written)[0] ?? [];
  const short = typeof said === "object" && said !== null ? Object.values(said)[0] : said;
  return { text: `${name} ${Array.isArray(short) ? "" : String(short)}`.trim(), written };
}

function fieldsOf(step: Written, kind: string): Field[] {
  const field = (name: string, type: string, help: string): Field => {
    return { name, value: step[name] ?? null, schema: { type }, help, case: 0 };
  };
  if (kind === "use" || kind === "call") return [field(kind, "string", "What it calls."), field("to", "object", "Which outputs are kept, under which names.")];
  if (kind === "branch") return [field("when", "string", "A condition over names of the scope.")];
  if (kind === "repeat") return [field("until", "string", "When it ends."), field("at_most", "integer", "Passes.")];
  if (kind === "each") return [field("over", "object", "Which lists."), field("into", "object", "What is collected."), field("at_once", "integer", "How many at a time.")];
  if (kind === "wait") return [..."approve" in step ? [field("approve", "string", "What is asked."), field("into", "string", "The answer's name.")] : [field("wait_for", "string", "The event.")], field("within", "string", "How long it waits, such as 2 days.")];
  return [];
}

function read(drawing: Drawing, step: Written, input: Port, scope: Scope): void {
  const from = (step.from ?? {}) as { [input: string]: string | null };
  const left = input.name in from && from[input.name] === null;
  if (left || input.set !== undefined) {
    if (left && !input.optional && input.set === undefined) missing(drawing, step, input);
    return;
  }
  const name = from[input.name] ?? input.name;
  const made = scope.get(name);
  const base = { name, target: step.id, input: input.name };
  if (made && made.source !== step.id) {
    const id = `${made.source}.${made.output}-${step.id}.${input.name}`;
    drawing.wires.push({ id, source: made.source, output: made.output, certain: made.certain, ...base });
    if (!TYPES[input.type]?.fits.includes(made.type)) {
      const said = `'${input.name}' takes ${input.type}, and '${name}' is ${made.type}.`;
      drawing.problems.push(problem("wrong_type", step.id, input.name, said));
    }
  } else if (!input.optional) {
    drawing.inputs.set(name, { ...port(`${name}: ${input.type}`) });
    drawing.wires.push({ id: `@.${name}-${step.id}.${input.name}`, source: null, output: name, certain: true, ...base });
  }
}

function missing(drawing: Drawing, step: Written, input: Port): void {
  const found = problem("missing_input", step.id, input.name, `'${step.id}' needs '${input.name}', and nothing gives it.`);
  const operation = { op: "read", step: step.id, input: input.name, from: input.name } as const;
  drawing.problems.push({ ...found, fix: { text: `Read '${input.name}'`, operation } });
}

function problem(code: string, step: string, name: string, message: string): Problem {
  return { code, step, name, message, severity: "error", fix: null };
}

/** Give places to what has none, and sizes to everything; the innermost first. */
function stand(drawing: Drawing): void {
  const { cards } = drawing;
  const size = new Map<string, { width: number; height: number }>();
  const held = (parent: string | null): Card[] => cards.filter((card) => card.parent === parent);
  const lists = (parent: string | null): Card[][] => {
    const slots = [...new Set(held(parent).map((card) => card.slot))];
    return slots.map((slot) => held(parent).filter((card) => card.slot === slot));
  };
  const place = (parent: string | null, top: number, kind: string): { right: number; bottom: number } => {
    let y = top;
    let right = 0;
    for (const list of lists(parent)) {
      y += kind === "branch" ? LANE_HEAD : 0;
      let x = parent === null ? 0 : PADDING + (held(parent).length ? 40 : 0);
      let low = y;
      for (const card of list) {
        const { width, height } = size.get(card.id) ?? { width: 0, height: 0 };
        const at = cards.indexOf(card);
        const spot = Number.isNaN(card.x) ? { x, y } : { x: card.x, y: card.y };
        cards[at] = { ...card, ...spot, width, height };
        right = Math.max(right, spot.x + width);
        low = Math.max(low, spot.y + height);
        if (kind === "parallel" || kind === "race" || kind === "fallback") y = low + 24;
        else x += width + 80;
      }
      y = low + 24;
    }
    return { right, bottom: y };
  };
  for (const card of [...cards].reverse()) {
    const own = cardHeight(card);
    if (card.container) {
      const { right, bottom } = place(card.id, own, card.kind);
      const width = Math.max(right + PADDING + 40, CARD_WIDTH + 60);
      size.set(card.id, { width, height: Math.max(bottom, own + 60) });
    } else {
      size.set(card.id, { width: CARD_WIDTH, height: own });
    }
  }
  place(null, 0, drawing.draft.kind);
}
