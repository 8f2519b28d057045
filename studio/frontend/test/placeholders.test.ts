import assert from "node:assert/strict";
import { test } from "node:test";
import { placeholderOf } from "../src/model/forms.ts";

test("an empty field says its default without Python's signs", () => {
  const said = (text: string, optional = true): string => placeholderOf({ default: text, optional });

  assert.equal(said("'gapminder'"), "gapminder");
  assert.equal(said("3.5"), "3.5");
  assert.equal(said("['a', 'b']"), "['a', 'b']");
  assert.equal(said("None"), "not set");
  assert.equal(said("''"), "not set");
  assert.equal(said("", false), "needed");
});
