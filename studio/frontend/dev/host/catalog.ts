/** Capabilities of the host that stands in for Python. */
import type { PaletteItem, Port, Schema, Types } from "../../src/model/protocol.ts";

const SCHEMAS: { readonly [type: string]: Schema } = {
  str: { type: "string" },
  int: { type: "integer" },
  float: { type: "number" },
  bool: { type: "boolean" },
  "list[str]": { type: "array", items: { type: "string" } },
};

export const TYPES: Types = {
  any: { name: "Any", fits: ["any", "str", "int", "float", "bool", "list[str]", "Table", "dict"] },
  str: { name: "str", fits: ["any", "str"] },
  int: { name: "int", fits: ["any", "int"] },
  float: { name: "float", fits: ["any", "float", "int"] },
  bool: { name: "bool", fits: ["any", "bool"] },
  "list[str]": { name: "list[str]", fits: ["any", "list[str]"] },
  Table: { name: "Table", fits: ["any", "Table"] },
  dict: { name: "dict", fits: ["any", "dict"] },
};

/** Read `name: type = default`; a name with a question mark is optional. */
export function port(written: string): Port {
  const [said = "", fallback] = written.split("=").map((part) => part.trim());
  const [name = "", type = "any"] = said.split(":").map((part) => part.trim());
  return {
    name: name.replace("?", ""),
    scope: name.replace("?", ""),
    type,
    optional: name.endsWith("?") || fallback !== undefined,
    secret: name.startsWith("password"),
    help: "",
    default: fallback ?? "",
    schema: SCHEMAS[type] ?? {},
  };
}

function item(name: string, about: string, takes: string, gives: string): PaletteItem {
  const ports = (text: string): Port[] => text.split(",").filter((part) => part.trim()).map(port);
  return { name, kind: "use", about, inputs: ports(takes), outputs: ports(gives), tags: [] };
}

export const CATALOG: readonly PaletteItem[] = [
  item("open_source", "Open a file or an address as a table.", "source: str = 'files/orders.csv', encoding?: str, sheet?: str", "table: Table, title: str"),
  item("clean_table", "Put names, types and missing values of a table in order.", "table: Table, drop_duplicates: bool = True, limit: int = 1000", "table: Table, changes: list[str]"),
  item("guess_roles", "Guess which columns hold time, value and group.", "table: Table", "time_column: str, value_column: str, group_column: str"),
  item("trends", "Fit a line to each group and tell which ones rise.", "table: Table, value: str, time: str, group?: str", "trends: Table"),
  item("outliers", "Find values that stand apart.", "table: Table, value: str, threshold: float = 3.0", "outliers: Table"),
  item("profile_table", "Describe every column.", "table: Table, top: int = 10", "profile: dict"),
  item("charts_for", "Draw what is worth drawing.", "table: Table, time: str, value: str, limit: int = 4", "charts: list[str]"),
  item("write_findings", "Say what was found, in plain sentences.", "trends: Table, outliers: Table, profile: dict, tone: str = 'plain'", "summary: str, sections: list[str]"),
  item("render_report", "Put title, sections and charts on one page.", "title: str, summary: str, sections: list[str], charts: list[str]", "html: str, markdown: str"),
  item("fetch_page", "Download one web page.", "url: str, password?: str", "text: str, language: str"),
  item("summarize", "Shorten a text to its gist.", "text: str, sentences: int = 3", "summary: str"),
  item("translate", "Say a text in another language.", "text: str, language: str, into: str = 'en'", "text: str"),
  item("feel", "Tell the mood of a text.", "text: str", "tone: str, score: float"),
  item("count_words", "Count the words of a text.", "text: str", "words: int"),
  item("list_documents", "List the documents of a folder.", "folder: str, pattern: str = '*'", "paths: list[str]"),
  item("read_document", "Read the text of a document.", "path: str", "title: str, text: str"),
  item("combine", "Put digests on one page.", "digests: list[str]", "overview: str"),
  item("publish", "Publish a page.", "html: str, title: str", "address: str"),
];

/** What a name of the catalog takes and gives; undefined for an unknown one. */
export function lookUp(name: string): PaletteItem | undefined {
  return CATALOG.find((one) => one.name === name);
}
