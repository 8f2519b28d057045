/** Forms from JSON Schema: which control shows a value, and what was typed as a value. */
import type { Schema } from "./protocol.ts";

export type Control =
  | { kind: "text"; long: boolean }
  | { kind: "number"; whole: boolean; least?: number; most?: number }
  | { kind: "boolean" }
  | { kind: "choice"; choices: readonly unknown[] }
  | { kind: "list"; item: Schema }
  | { kind: "names" }
  | { kind: "object"; fields: readonly { name: string; schema: Schema; required: boolean }[] }
  | { kind: "any" };

/** The control for a schema; `root` holds what a reference in it names. */
export function controlFor(schema: Schema, root: Schema = schema): Control {
  const plain = simplify(schema, root);
  if (Array.isArray(plain.enum)) return { kind: "choice", choices: plain.enum };
  if ("const" in plain) return { kind: "choice", choices: [plain.const] };
  switch (plain.type) {
    case "string":
      return { kind: "text", long: plain.format === "long" };
    case "integer":
    case "number":
      return {
        kind: "number",
        whole: plain.type === "integer",
        ...limit("least", plain.minimum),
        ...limit("most", plain.maximum),
      };
    case "boolean":
      return { kind: "boolean" };
    case "array":
      return { kind: "list", item: asSchema(plain.items) };
    case "object":
      return objectControl(plain);
    default:
      return { kind: "any" };
  }
}

function limit(name: "least" | "most", value: unknown): { least?: number; most?: number } {
  return typeof value === "number" ? { [name]: value } : {};
}

function objectControl(schema: Schema): Control {
  const properties = Object.entries(asSchema(schema.properties));
  if (properties.length === 0) return { kind: schema.format === "names" ? "names" : "any" };
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = properties.map(([name, of]) => {
    return { name, schema: asSchema(of), required: required.has(name) };
  });
  return { kind: "object", fields };
}

/** Follow a reference, and take the one kind of value that a union with null has besides. */
export function simplify(schema: Schema, root: Schema, depth = 0): Schema {
  if (depth > 8) return {};
  if (typeof schema.$ref === "string") {
    let found: unknown = root;
    for (const part of schema.$ref.replace(/^#\//, "").split("/")) found = asSchema(found)[part];
    return simplify(asSchema(found), root, depth + 1);
  }
  const ways = [schema.anyOf, schema.oneOf, schema.allOf].find(Array.isArray);
  if (!ways) return schema;
  const kinds = ways.map(asSchema).filter((way) => way.type !== "null");
  const [single] = kinds;
  return kinds.length === 1 && single ? simplify(single, root, depth + 1) : {};
}

function asSchema(value: unknown): Schema {
  return typeof value === "object" && value !== null ? (value as Schema) : {};
}

/** A value as one types it: plain text as it is, names as pairs, everything else as JSON. */
export function written(value: unknown, control?: Control): string {
  if (value === undefined || value === null) return "";
  if (control?.kind === "names" && typeof value === "object") {
    return Object.entries(value).map(([name, other]) => `${name}: ${String(other)}`).join(", ");
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

export type Read = { ok: true; value: unknown } | { ok: false; message: string };

/** What a typed text means for a control; an empty one means that there is no value. */
export function readTyped(control: Control, text: string): Read {
  if (text.trim() === "" && control.kind !== "text") return { ok: true, value: undefined };
  switch (control.kind) {
    case "text":
      return { ok: true, value: text === "" ? undefined : text };
    case "number":
      return readNumber(control, text);
    case "boolean":
      return { ok: true, value: text === "true" };
    case "choice":
      return { ok: true, value: control.choices.find((choice) => written(choice) === text) };
    case "names":
      return readNames(text);
    case "any":
      return readLoose(text);
    case "list":
    case "object":
      return readJson(text);
  }
}

function readNumber(control: Extract<Control, { kind: "number" }>, text: string): Read {
  const value = Number(text);
  if (Number.isNaN(value)) return { ok: false, message: "This is no number." };
  if (control.whole && !Number.isInteger(value)) return { ok: false, message: "Whole numbers only." };
  if (control.least !== undefined && value < control.least) {
    return { ok: false, message: `At least ${control.least}.` };
  }
  if (control.most !== undefined && value > control.most) {
    return { ok: false, message: `At most ${control.most}.` };
  }
  return { ok: true, value };
}

function readJson(text: string): Read {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, message: 'Write it as JSON, such as ["a", "b"] or {"a": 1}.' };
  }
}

/** Pairs of names, `item: items, page: pages`; braces and quotes are taken as well. */
function readNames(text: string): Read {
  const pairs = text.trim().replace(/^\{|\}$/g, "").split(",").filter((pair) => pair.trim() !== "");
  const read = pairs.map((pair) => /^\s*["']?([^\s:"']+)["']?\s*:\s*["']?([^\s:"']+)["']?\s*$/.exec(pair));
  if (read.some((pair) => !pair)) return { ok: false, message: "Write pairs of names, such as item: items." };
  return { ok: true, value: Object.fromEntries(read.map((pair) => [pair?.[1], pair?.[2]])) };
}

/** JSON where it is JSON, text where not. */
function readLoose(text: string): Read {
  const read = readJson(text);
  if (read.ok) return read;
  return /^[[{"]/.test(text.trim()) ? read : { ok: true, value: text };
}

/** What stands in an empty field: the declared default without Python's signs, or what it means to leave it. */
export function placeholderOf(port: { readonly default: string; readonly optional: boolean }): string {
  const text = port.default;
  if (!text) return port.optional ? "not set" : "needed";
  if (text === "None" || text === "''") return "not set";
  return /^'[^'\\]*'$/.test(text) ? text.slice(1, -1) : text;
}
