import assert from "node:assert/strict";
import { test } from "node:test";
import { BOTTOM, LEFT, NAMES_WIDE, TALL, WIDE, grid, lyingBars, plot, spreads } from "../src/model/charts.ts";

test("lines reach from the left to the right and grow upwards", () => {
  const drawn = plot({ data: [{ type: "scatter", x: [1952, 1980, 2007], y: [1, 2, 3] }], layout: { title: { text: "Life<br><sup>note</sup>" } } });

  const [series] = drawn!.series;
  assert.equal(drawn!.title, "Life");
  assert.equal(series!.look, "line");
  assert.equal(series!.points[0]![0], LEFT);
  assert.equal(series!.points[0]![1], TALL - BOTTOM);
  assert.ok(series!.points[2]![0] > WIDE - 20 && series!.points[2]![1] < 20);
  assert.deepEqual(drawn!.across.map((tick) => tick.text), ["1952", "2007"]);
});

test("bars stand on zero, each name in its place", () => {
  const drawn = plot({ data: [{ type: "bar", x: ["a", "b"], y: [4, 2] }] });

  const [[ax, ay], [bx, by]] = drawn!.series[0]!.points as [[number, number], [number, number]];
  assert.ok(ax < bx && ay < by);
  assert.equal(drawn!.floor, TALL - BOTTOM);
  assert.deepEqual(drawn!.across.map((tick) => tick.text), ["a", "b"]);
});

test("a heatmap is a field of strengths", () => {
  const field = grid({ data: [{ type: "heatmap", x: ["a", "b"], y: ["c"], z: [[2, -1, null]] }] });

  assert.deepEqual(field, {
    across: ["a", "b", "3"],
    down: ["c"],
    cells: [[{ value: 2, strength: 1 }, { value: -1, strength: -0.5 }, { value: null, strength: 0 }]],
  });
  assert.equal(grid({ data: [{ type: "bar", y: [1] }] }), null);
  assert.equal(grid({ data: [{ type: "heatmap", z: 3 }] }), null);
});

test("what cannot be drawn so is left to the tree", () => {
  assert.equal(plot({ data: [{ type: "heatmap", z: [[1]] }] }), null);
  assert.equal(plot({ data: [] }), null);
  assert.equal(plot("text"), null);
  assert.equal(plot({ data: [{ y: [null] }] }), null);
});

test("boxes go from quarter to quarter, with what lies far out apart", () => {
  const drawn = spreads({ data: [{ type: "box", name: "age", y: [1, 2, 3, 4, 5, 60] }, { type: "box", x: ["a", "b", "a"], y: [7, 8, 9] }] });

  const [age, a, b] = drawn!.rows;
  assert.deepEqual(drawn!.rows.map((row) => row.name), ["age", "a", "b"]);
  assert.ok(age!.ends[0] <= age!.quarters[0] && age!.quarters[0] < age!.middle && age!.middle < age!.quarters[1]);
  assert.ok(age!.ends[1] < WIDE / 2);
  assert.deepEqual(age!.far, [WIDE - 8]);
  assert.equal(age!.ends[0], NAMES_WIDE);
  assert.equal(b!.quarters[0], b!.quarters[1]);
  assert.equal(a!.far.length, 0);
  assert.equal(spreads({ data: [{ type: "box", y: ["x"] }] }), null);
  assert.equal(spreads({ data: [{ type: "bar", y: [1] }] }), null);
});

test("lying boxes are told by their orientation", () => {
  const drawn = spreads({ data: [{ type: "box", orientation: "h", x: [1, 2, 3], y: ["a", "a", "b"] }] });

  assert.deepEqual(drawn!.rows.map((row) => row.name), ["a", "b"]);
});

test("lying bars begin at zero, the last one first as plotly draws them", () => {
  const drawn = lyingBars({ data: [{ type: "bar", orientation: "h", x: [4, -2], y: ["up", "down"] }] });

  const [down, up] = drawn!.rows;
  assert.deepEqual([down!.name, up!.name], ["down", "up"]);
  assert.equal(down!.to, up!.from);
  assert.ok(down!.from < down!.to && up!.from < up!.to);
  assert.equal(up!.value, "4");
  assert.equal(lyingBars({ data: [{ type: "bar", x: [1], y: [2] }] }), null);
});

test("bars at numbers stay between the ends of the axis", () => {
  const drawn = plot({ data: [{ type: "bar", x: [150, 160, 170], y: [4, 2, 3] }] })!;
  const places = drawn.series[0]!.points.map(([x]) => x);

  assert(places[0]! - drawn.bar / 2 >= LEFT);
  assert(places.at(-1)! + drawn.bar / 2 <= WIDE);
});
