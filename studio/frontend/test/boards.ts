/** Boards for tests, drawn by the host that stands in for Python. */
import { draw } from "../dev/host/draw.ts";
import type { Written } from "../dev/host/tree.ts";
import type { Board } from "../src/model/protocol.ts";

export function boardOf(steps: Written[], kind = "sequence"): Board {
  return draw({ header: { pipeline: "test" }, kind, steps, looks: {} });
}

/** Fetch, translate and summarise a page, the last two inside a container. */
export function nested(kind = "parallel"): Board {
  return boardOf([
    { id: "fetch", use: "fetch_page" },
    { id: "around", [kind]: [{ id: "translate", use: "translate" }, { id: "feel", use: "feel" }] },
    { id: "count", use: "count_words" },
  ]);
}
