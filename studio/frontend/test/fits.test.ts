import assert from "node:assert/strict";
import { test } from "node:test";
import { INPUTS } from "../src/model/board.ts";
import { type End, canJoin, cut, endsOfWire, endsThatFit, handleOf, join, readHandle, rejoin, whyNotJoin } from "../src/model/fits.ts";
import { finish, step, take } from "../src/model/wiring.ts";
import { boardOf, nested } from "./boards.ts";

const out = (card: string, port: string): End => ({ card, port, side: "output", inside: false });
const into = (card: string, port: string): End => ({ card, port, side: "input", inside: false });

test("only inputs whose type takes the value fit", () => {
  const fits = endsThatFit(nested(), out("fetch", "text")).map((end) => `${end.card}.${end.port}`);

  assert.deepEqual(fits, ["translate.text", "translate.language", "translate.into", "feel.text", "count.text"]);
});

test("a wire never goes back into its own step", () => {
  assert.equal(canJoin(nested(), out("translate", "text"), into("translate", "text")), false);
});

test("what a loop makes inside is not seen outside", () => {
  assert.equal(canJoin(nested("parallel"), out("translate", "text"), into("count", "text")), true);
  assert.equal(canJoin(nested("repeat"), out("translate", "text"), into("count", "text")), false);
});

test("joining reads the name of the scope, from either end", () => {
  const board = boardOf([{ id: "a", use: "fetch_page", to: { text: "page" } }, { id: "b", use: "feel" }]);
  const wanted = [{ op: "read", step: "b", input: "text", from: "page" }];

  assert.deepEqual(join(board, out("a", "text"), into("b", "text")), wanted);
  assert.deepEqual(join(board, into("b", "text"), out("a", "text")), wanted);
});

test("an end of a wire is moved to another port, and the port that it leaves reads nothing", () => {
  const board = boardOf([{ id: "a", use: "fetch_page", to: { text: "page" } }, { id: "b", use: "feel", from: { text: "page" } }, { id: "c", use: "feel" }]);
  const wire = board.wires.find((one) => one.target === "b" && one.source === "a")!;

  assert.deepEqual(rejoin(board, wire, out("a", "text"), into("c", "text")), [
    cut(wire),
    { op: "read", step: "c", input: "text", from: "page" },
  ]);
  assert.deepEqual(rejoin(board, wire, out("a", "text"), into("b", "text")), []);
});

test("an output that stays out of the scope is given a name first", () => {
  const board = boardOf([{ id: "a", use: "fetch_page", to: { text: "page" } }, { id: "b", use: "feel" }]);

  assert.deepEqual(join(board, out("a", "language"), into("b", "text")), [
    { op: "set", step: "a", field: "to", value: { text: "page", language: "language" } },
    { op: "read", step: "b", input: "text", from: "language" },
  ]);
});

test("a wire may begin at the pipeline's inputs", () => {
  const board = nested();

  assert.deepEqual(join(board, out(INPUTS, "url"), into("feel", "text")), [
    { op: "read", step: "feel", input: "text", from: "url" },
  ]);
});

test("a handle's name says which end it is", () => {
  for (const end of [out("a", "x:y"), into("a", "b"), { ...out("a", "item"), inside: true }]) {
    assert.deepEqual(readHandle("a", handleOf(end)), end);
  }
});

test("a wire from the inner side of a container begins there", () => {
  const board = boardOf([{ id: "loop", each: [{ id: "read", use: "read_document" }], over: { path: "paths" }, into: {} }]);
  const wire = board.wires.find((one) => one.target === "read");

  assert.ok(wire);
  assert.equal(endsOfWire(board, wire).from.inside, true);
  assert.deepEqual(cut(wire), { op: "leave", step: "read", input: "path" });
});

test("without a mouse: take a port, go through what fits nearest first, and finish", () => {
  const board = nested();
  const taken = take(board, out("fetch", "text"));

  assert.equal(taken.choices[0]?.card, "translate");
  const last = step(taken, -1);
  assert.deepEqual(finish(board, last), [{ op: "read", step: "count", input: "text", from: "text" }]);
});

test("it is said why two ends do not fit", () => {
  const board = boardOf([{ id: "docs", use: "list_documents" }, { id: "feel", use: "feel" }]);

  assert.equal(whyNotJoin(board, out("docs", "paths"), into("feel", "text")), "paths is list[str], and text of feel takes str");
  assert.equal(whyNotJoin(board, out("feel", "tone"), into("docs", "folder")), "");
});
