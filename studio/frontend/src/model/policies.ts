/** The policies there are: what a new one says, and the form of each. */
import type { Schema } from "./protocol.ts";

export interface PolicyKind {
  readonly text: string;
  readonly about: string;
  /** What is written when it is added. */
  readonly start: unknown;
  readonly schema: Schema;
}

const time = (title: string): Schema => ({ anyOf: [{ type: "number", minimum: 0 }, { type: "string" }], title, duration: true });
const count = (title: string, minimum = 1): Schema => ({ type: "integer", minimum, title });
const form = (properties: { [name: string]: Schema }, ...required: string[]): Schema => {
  return { type: "object", properties, required };
};

export const POLICIES: { readonly [name: string]: PolicyKind } = {
  retry: {
    text: "Try again",
    about: "After these errors, with growing pauses",
    start: { attempts: 3, on: ["Exception"] },
    schema: form(
      {
        attempts: count("Tries"),
        on: { type: "array", items: { type: "string" }, title: "After these errors" },
        wait: time("First pause"),
        factor: { type: "number", minimum: 1, title: "Each pause longer by" },
        max_wait: time("Longest pause"),
        total: time("No try after"),
      },
      "attempts",
      "on",
    ),
  },
  timeout: { text: "Time limit", about: "Fails when it takes longer", start: 30, schema: time("At most") },
  cache: {
    text: "Remember results",
    about: "The same inputs give the same outputs",
    start: { ttl: "1 h" },
    schema: form({ ttl: time("For how long"), max_entries: count("At most so many") }),
  },
  rate_limit: {
    text: "Rate limit",
    about: "Later calls wait for their turn",
    start: { calls: 10, per: 1 },
    schema: form({ calls: count("Calls"), per: time("In this time") }, "calls"),
  },
  breaker: {
    text: "Breaker",
    about: "After failures in a row, leave it alone for a while",
    start: { failures: 5, reset: 30 },
    schema: form({ failures: count("Failures in a row"), reset: time("Then pause for") }),
  },
  bulkhead: {
    text: "At most at once",
    about: "Others wait in line",
    start: { at_once: 4 },
    schema: form({ at_once: count("At once"), waiting: count("Waiting in line", 0) }, "at_once"),
  },
  hedge: {
    text: "Ask twice when slow",
    about: "The first answer counts",
    start: { after: 2, at_most: 2 },
    schema: form({ after: time("Ask again after"), at_most: count("Asked at most", 2) }, "after"),
  },
};

/** The name of a written policy, and what it says. */
export function readPolicy(written: unknown): { name: string; value: unknown } {
  const [[name, value] = ["", null]] = Object.entries((written ?? {}) as { [name: string]: unknown });
  return { name, value };
}
