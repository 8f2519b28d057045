/** A value of a run, as Python shows it: in part, and in the form that suits it. */
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { grid, lyingBars, plot, spreads } from "../model/charts.ts";
import { type Block, type Spans, blocks } from "../model/markdown.ts";
import type { Look } from "../model/protocol.ts";
import { BoxChart, Chart, GridChart, LyingChart } from "./chart.tsx";
import { useEditor, useShown } from "./state.ts";

export function Preview({ step, port }: { step: string; port: string }): ReactNode {
  const { session } = useEditor();
  const execution = useShown((shown) => shown.run?.execution);
  const status = useShown((shown) => shown.run?.steps[step]?.status);
  const [looks, setLooks] = useState<readonly Look[] | null>(null);
  useEffect(() => {
    let current = true;
    setLooks(null);
    void session.preview(step, port).then((found) => current && setLooks(found ?? []));
    return () => {
      current = false;
    };
  }, [session, step, port, execution, status]);
  if (looks === null) return <p className="pf-none">…</p>;
  if (looks.length === 0) return <p className="pf-none">{step ? "This run has no value here." : "It was not given; the default was taken."}</p>;
  return <div className="pf-looks">{looks.map((look, at) => <LookView key={at} look={look} />)}</div>;
}

function LookView({ look }: { look: Look }): ReactNode {
  switch (look.kind) {
    case "table":
      return <Table look={look} />;
    case "image":
      return <img alt={String(look.alt ?? "image")} src={imageSource(look)} />;
    case "json":
      return <Tree value={look.value} name="" open />;
    case "error":
      return <pre className="pf-wrong">{textOf(look)}</pre>;
    case "chart":
      return <ChartLook look={look} />;
    case "markdown":
      return <Markdown text={textOf(look)} />;
    case "text":
      return <pre className="pf-partial">{textOf(look)}</pre>;
  }
}

function ChartLook({ look }: { look: Look }): ReactNode {
  const drawn = useMemo(() => plot(look.spec), [look.spec]);
  const field = useMemo(() => grid(look.spec), [look.spec]);
  const title = String(look.title ?? "");
  const boxes = useMemo(() => spreads(look.spec), [look.spec]);
  const lying = useMemo(() => lyingBars(look.spec), [look.spec]);
  if (boxes) return <BoxChart drawn={boxes} title={title} />;
  if (lying) return <LyingChart drawn={lying} title={title} />;
  if (field) return <GridChart drawn={field} title={title} />;
  return drawn ? <Chart drawn={drawn} title={title} /> : <Tree value={look.spec} name={title || "chart"} open={false} />;
}

function Markdown({ text }: { text: string }): ReactNode {
  const found = useMemo(() => blocks(text), [text]);
  return <div className="pf-markdown" tabIndex={0} role="region" aria-label="Text">{found.map((block, at) => <BlockView key={at} block={block} />)}</div>;
}

function BlockView({ block }: { block: Block }): ReactNode {
  switch (block.kind) {
    case "heading": // below those of the panel around it
      return <p className={`pf-heading pf-level-${block.level}`} role="heading" aria-level={Math.min(6, block.level + 3)}><Words spans={block.spans} /></p>;
    case "paragraph":
      return <p><Words spans={block.spans} /></p>;
    case "code":
      return <pre>{block.text}</pre>;
    case "list": {
      const items = block.items.map((item, at) => <li key={at}><Words spans={item} /></li>);
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return <table><tbody>{block.rows.map((row, at) => <tr key={at}>{row.map((cell, index) => at ? <td key={index}><Words spans={cell} /></td> : <th key={index}><Words spans={cell} /></th>)}</tr>)}</tbody></table>;
  }
}

function Words({ spans }: { spans: Spans }): ReactNode {
  return spans.map(({ kind: Kind, text, href }, at) => {
    if (Kind === "text") return text;
    if (Kind === "link") return <a key={at} href={href} target="_blank" rel="noreferrer">{text}</a>;
    return <Kind key={at}>{text}</Kind>;
  });
}

function textOf(look: Look): string {
  return String(look.text ?? "");
}

/** Pictures travel inside the message; nothing is fetched. */
function imageSource(look: Look): string {
  return `data:${String(look.media_type ?? "image/png")};base64,${String(look.data ?? "")}`;
}

function Table({ look }: { look: Look }): ReactNode {
  const columns = Array.isArray(look.columns) ? look.columns.map(String) : [];
  const rows: readonly unknown[] = Array.isArray(look.rows) ? look.rows : [];
  const cells = (row: unknown): unknown[] => (Array.isArray(row) ? row : columns.map((name) => (row as { [name: string]: unknown })[name]));
  return (
    <div className="pf-table" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead><tr>{columns.map((name) => <th key={name}>{name}</th>)}</tr></thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>{cells(row).map((cell, index) => <td key={index}>{sayCell(cell)}</td>)}</tr>
          ))}
        </tbody>
      </table>
      {typeof look.count === "number" && look.count > rows.length && <p className="pf-none">{rows.length} of {look.count} rows</p>}
    </div>
  );
}

function sayCell(cell: unknown): string {
  if (typeof cell === "number" && !Number.isInteger(cell)) return String(Number(cell.toPrecision(6)));
  return cell === null || cell === undefined ? "" : typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

function Tree({ value, name, open }: { value: unknown; name: string; open: boolean }): ReactNode {
  const label = name ? <b>{name}: </b> : null;
  if (typeof value !== "object" || value === null) {
    return <div className="pf-leaf">{label}<span>{JSON.stringify(value)}</span></div>;
  }
  const entries = Object.entries(value);
  return (
    <details className="pf-tree" open={open}>
      <summary>{label}<small>{Array.isArray(value) ? `${entries.length} items` : `${entries.length} fields`}</small></summary>
      {entries.slice(0, 100).map(([key, inner]) => <Tree key={key} value={inner} name={key} open={false} />)}
    </details>
  );
}
