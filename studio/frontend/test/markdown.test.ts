/** Markdown: what reports use of it, and nothing that a browser would run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, spans } from "../src/model/markdown.ts";

test("a report has headings, paragraphs, lists, tables and code", () => {
  const text = "# Life *here*\n\nOne line\nand more.\n- a\n- `b`\n\n1. c\n\n| n | m |\n|---|--:|\n| 1 | **2** |\n\n```\n# no heading\n```";

  const found = blocks(text);

  assert.deepEqual(found.map((block) => block.kind), ["heading", "paragraph", "list", "list", "table", "code"]);
  assert.deepEqual(found[1], { kind: "paragraph", spans: [{ kind: "text", text: "One line and more." }] });
  assert.deepEqual(found[4], {
    kind: "table",
    rows: [
      [[{ kind: "text", text: "n" }], [{ kind: "text", text: "m" }]],
      [[{ kind: "text", text: "1" }], [{ kind: "strong", text: "2" }]],
    ],
  });
  assert.deepEqual(found[5], { kind: "code", text: "# no heading" });
});

test("only an address of the web becomes a link, and marks stay marks inside words", () => {
  assert.deepEqual(spans("see [a](https://a.example/b) now").map((span) => span.kind), ["text", "link", "text"]);
  assert.deepEqual(spans("[a](javascript:alert(1)) <b>x</b> snake_case_name 2 * 3 * 4").map((span) => span.kind), ["text"]);
});

test("whatever is written, nothing of it hangs or is lost", () => {
  for (const text of ["", "```", "|", "| a\n|--", "#", "- ", "**", "* * *", "[a](", "\r\n\r\n", "# \n#"]) blocks(text);
  assert.equal(blocks("a | b\nc").length, 1);
});
