/** Markdown as far as reports use it: headings, lists, tables, code, emphasis, links of the web. */

export interface Span {
  readonly kind: "text" | "strong" | "em" | "code" | "link";
  readonly text: string;
  readonly href?: string;
}

export type Spans = readonly Span[];

export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly spans: Spans }
  | { readonly kind: "paragraph"; readonly spans: Spans }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly Spans[] }
  | { readonly kind: "table"; readonly rows: readonly (readonly Spans[])[] }
  | { readonly kind: "code"; readonly text: string };

const INLINE = /`(?<code>[^`]+)`|\*\*(?<strong>[^*]+)\*\*|\[(?<label>[^\]]+)\]\((?<href>https?:\/\/[^\s)]+)\)|\*(?<em>[^*\s][^*]*)\*/g;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const RULE = /^\s*\|?\s*:?-{2,}/;

/** The parts of a line: what is emphasised, code, a link, and the rest. */
export function spans(line: string): Spans {
  const found: Span[] = [];
  let at = 0;
  for (const match of line.matchAll(INLINE)) {
    if (match.index > at) found.push({ kind: "text", text: line.slice(at, match.index) });
    at = match.index + match[0].length;
    const { code, strong, em, label, href } = match.groups ?? {};
    if (code !== undefined) found.push({ kind: "code", text: code });
    else if (strong !== undefined) found.push({ kind: "strong", text: strong });
    else if (em !== undefined) found.push({ kind: "em", text: em });
    else found.push({ kind: "link", text: label ?? "", href: href ?? "" });
  }
  if (at < line.length) found.push({ kind: "text", text: line.slice(at) });
  return found;
}

/** A text as blocks; what is none of them is a paragraph. */
export function blocks(text: string): readonly Block[] {
  const lines = text.split(/\r?\n/);
  const found: Block[] = [];
  let at = 0;
  const taken = (fits: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && fits(lines[at] ?? "")) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (!line.trim()) at += 1;
    else if (line.trimStart().startsWith("```")) {
      at += 1;
      found.push({ kind: "code", text: taken((one) => !one.trimStart().startsWith("```")).join("\n") });
      at += 1;
    } else if (heading) {
      at += 1;
      found.push({ kind: "heading", level: heading[1]?.length ?? 1, spans: spans(heading[2] ?? "") });
    } else if (ITEM.test(line)) {
      const items = taken((one) => ITEM.test(one)).map((one) => spans(ITEM.exec(one)?.[2] ?? ""));
      found.push({ kind: "list", ordered: ITEM.exec(line)?.[1] !== undefined, items });
    } else if (line.includes("|") && RULE.test(lines[at + 1] ?? "")) {
      const rows = taken((one) => one.includes("|")).filter((_, row) => row !== 1);
      found.push({ kind: "table", rows: rows.map((row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => spans(cell.trim()))) });
    } else {
      const first = at;
      const words = taken((one) => Boolean(one.trim()) && (at === first || (!ITEM.test(one) && !/^#{1,6}\s|^\s*```/.test(one))));
      found.push({ kind: "paragraph", spans: spans(words.map((one) => one.trim()).join(" ")) });
    }
  }
  return found;
}
