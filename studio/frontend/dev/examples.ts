/** Pipelines to look at while the canvas is being worked on. */
import type { Draft, Written } from "./host/tree.ts";

const looks = {};

export const EMPTY: Draft = { header: { pipeline: "untitled", version: 1 }, kind: "sequence", steps: [], looks };

export const REPORT: Draft = {
  header: { pipeline: "research_report", version: 1, intent: "Research any table and report its trends, outliers and columns" },
  kind: "sequence",
  looks,
  steps: [
    { id: "open_source", use: "open_source" },
    { id: "clean_table", use: "clean_table", from: { table: "table" }, to: { table: "table" }, set: { drop_duplicates: false } },
    { id: "guess_roles", use: "guess_roles" },
    {
      id: "parallel",
      parallel: [
        { id: "trends", use: "trends", from: { value: "value_column", time: "time_column", group: "group_column" } },
        { id: "outliers", use: "outliers", from: { value: "value_column" }, set: { threshold: 3.5 } },
        { id: "profile_table", use: "profile_table", set: { top: 5 } },
      ],
    },
    { id: "charts_for", use: "charts_for", from: { time: "time_column", value: "value_column" } },
    { id: "write_findings", use: "write_findings" },
    { id: "render_report", use: "render_report", with: [{ timeout: 60 }, { retry: { attempts: 3, on: ["OSError"] } }] },
    { id: "approve", approve: "Publish this report?", into: "approved", within: "2 days" },
    {
      id: "choice",
      when: "approved",
      then: [{ id: "publish", use: "publish" }],
      otherwise: [{ id: "archive", use: "archive_report" }],
    },
  ],
};

/** Many steps, for measuring. */
export function many(count: number): Draft {
  const columns = Math.ceil(Math.sqrt(count));
  const steps = Array.from({ length: count }, (_, at): Written => {
    const from = at === 0 ? "url" : `text_${at - 1 - (at > 3 && at % 3 === 0 ? 2 : 0)}`;
    return at === 0
      ? { id: "s0", use: "fetch_page", to: { text: "text_0" } }
      : { id: `s${at}`, use: "translate", from: { text: from }, to: { text: `text_${at}` }, set: { language: "de" } };
  });
  const at = (index: number): [number, number] => [(index % columns) * 320, Math.floor(index / columns) * 190];
  return {
    header: { pipeline: `many_${count}` },
    kind: "graph",
    steps,
    looks: Object.fromEntries(steps.map((step, index) => [step.id, { at: at(index) }])),
  };
}
