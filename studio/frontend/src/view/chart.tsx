/** A small drawing of a chart: enough to see what a step made. */
import type { ReactNode } from "react";
import { BOTTOM, type Boxes, type Grid, LEFT, type Lying, NAMES_WIDE, type Plot, ROW_TALL, type Series, TALL, WIDE } from "../model/charts.ts";

const COLOURS = ["#4f6bed", "#12a594", "#e5a00d", "#e5484d", "#8e4ec6", "#0091ff", "#ad7f58", "#d6409f"];

export function Chart({ drawn, title }: { drawn: Plot; title: string }): ReactNode {
  const name = title || drawn.title || "chart";
  return (
    <figure className="pf-chart">
      <figcaption>{name}</figcaption>
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} role="img" aria-label={name}>
        {drawn.up.map((tick) => (
          <g key={tick.at}>
            <line x1={LEFT} x2={WIDE} y1={tick.at} y2={tick.at} />
            <text x={LEFT - 6} y={tick.at + 3.5} textAnchor="end">{tick.text}</text>
          </g>
        ))}
        {drawn.across.map((tick, at) => (
          <text key={tick.at} x={tick.at} y={TALL - BOTTOM + 15} textAnchor={tick.at > WIDE - 30 ? "end" : at === 0 && tick.at < LEFT + 20 ? "start" : "middle"}>{tick.text}</text>
        ))}
        {drawn.series.map((series, at) => <Drawn key={at} series={series} at={at} plot={drawn} />)}
      </svg>
      {drawn.series.length > 1 && (
        <ul>{drawn.series.slice(0, 8).map((series, at) => <li key={at}><i style={{ background: colour(at) }} />{series.name || `series ${at + 1}`}</li>)}</ul>
      )}
    </figure>
  );
}

const FEW_CELLS = 10;

/** A heatmap as a table; where there is room the numbers stand in it. */
export function GridChart({ drawn, title }: { drawn: Grid; title: string }): ReactNode {
  const room = drawn.across.length <= FEW_CELLS;
  return (
    <figure className="pf-chart" tabIndex={0} role="region" aria-label={title || "chart"}>
      {title && <figcaption>{title}</figcaption>}
      <table className="pf-heat">
        <thead><tr><td />{drawn.across.map((name, at) => <th key={at} title={name}>{name}</th>)}</tr></thead>
        <tbody>
          {drawn.cells.map((row, at) => (
            <tr key={at}>
              <th title={drawn.down[at]}>{drawn.down[at]}</th>
              {row.map(({ value, strength }, index) => (
                <td key={index} title={value === null ? "" : String(value)} style={{ background: `color-mix(in srgb, ${strength < 0 ? "#e5484d" : "#4f6bed"} ${Math.round(Math.abs(strength) * 62)}%, transparent)` }}>
                  {room && value !== null ? Number(value.toPrecision(2)) : ""}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

/** Names at the left of rows, cut to their room. */
function RowName({ name, at }: { name: string; at: number }): ReactNode {
  const text = name.length > 16 ? `${name.slice(0, 15)}…` : name;
  return <text x={NAMES_WIDE - 6} y={(at + 0.5) * ROW_TALL + 3.5} textAnchor="end">{text}<title>{name}</title></text>;
}

/** How values are spread: a box from quarter to quarter, a line at the middle, points far out. */
export function BoxChart({ drawn, title }: { drawn: Boxes; title: string }): ReactNode {
  const name = title || drawn.title || "chart";
  const tall = drawn.rows.length * ROW_TALL;
  return (
    <figure className="pf-chart">
      <figcaption>{name}</figcaption>
      <svg viewBox={`0 0 ${WIDE} ${tall + 18}`} role="img" aria-label={name}>
        {drawn.across.map(({ at, text }) => (
          <g key={at}>
            <line x1={at} x2={at} y1={0} y2={tall} />
            <text x={at} y={tall + 13} textAnchor="middle">{text}</text>
          </g>
        ))}
        {drawn.rows.map(({ name: row, ends, quarters, middle, far }, at) => {
          const y = (at + 0.5) * ROW_TALL;
          return (
            <g key={at} stroke={colour(0)}>
              <RowName name={row} at={at} />
              <path d={`M ${ends[0]} ${y} H ${quarters[0]} M ${quarters[1]} ${y} H ${ends[1]} M ${ends[0]} ${y - 3} v 6 M ${ends[1]} ${y - 3} v 6`} fill="none" strokeWidth={1.2} />
              <rect x={quarters[0]} y={y - 5} width={Math.max(1, quarters[1] - quarters[0])} height={10} rx={2} fill={colour(0)} fillOpacity={0.22} strokeWidth={1.2} />
              <path d={`M ${middle} ${y - 5} v 10`} strokeWidth={2} />
              {far.map((x, index) => <circle key={index} cx={x} cy={y} r={1.8} fill={colour(3)} stroke="none" fillOpacity={0.7} />)}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

/** Bars that lie, with the value at the end of each. */
export function LyingChart({ drawn, title }: { drawn: Lying; title: string }): ReactNode {
  const name = title || drawn.title || "chart";
  return (
    <figure className="pf-chart">
      <figcaption>{name}</figcaption>
      <svg viewBox={`0 0 ${WIDE} ${drawn.rows.length * ROW_TALL + 4}`} role="img" aria-label={name}>
        {drawn.rows.map(({ name: row, from, to, value, series }, at) => (
          <g key={at}>
            {row !== drawn.rows[at - 1]?.name && <RowName name={row} at={at} />}
            <rect x={from} y={at * ROW_TALL + 3} width={Math.max(1, to - from)} height={ROW_TALL - 6} rx={2} fill={colour(series)} />
            <text x={to + 5} y={(at + 0.5) * ROW_TALL + 3.5}>{value}</text>
          </g>
        ))}
      </svg>
      {drawn.names.length > 1 && (
        <ul>{drawn.names.slice(0, 8).map((series, at) => <li key={at}><i style={{ background: colour(at) }} />{series || `series ${at + 1}`}</li>)}</ul>
      )}
    </figure>
  );
}

function colour(at: number): string {
  return COLOURS[at % COLOURS.length] ?? "currentColor";
}

function Drawn({ series, at, plot }: { series: Series; at: number; plot: Plot }): ReactNode {
  const { points, look } = series;
  if (look === "line") return <polyline points={points.join(" ")} fill="none" stroke={colour(at)} strokeWidth={1.8} strokeLinejoin="round" />;
  if (look === "points") return <g fill={colour(at)} fillOpacity={0.65}>{points.map(([x, y], index) => <circle key={index} cx={x} cy={y} r={2.2} />)}</g>;
  const many = plot.series.length;
  return (
    <g fill={colour(at)}>
      {points.map(([x, y], index) => (
        <rect key={index} x={x + (at - many / 2) * plot.bar} y={Math.min(y, plot.floor)} width={plot.bar} height={Math.max(0.5, Math.abs(plot.floor - y))} rx={1} />
      ))}
    </g>
  );
}
