/** Line drawings of 16 by 16 pixels; those of the kinds are the same as in `packetflow.show`. */
import type { ReactNode } from "react";

const PATHS: { readonly [name: string]: string } = {
  use: "M4 3.5 9 8l-5 4.5M9 12.5h4",
  call: "M3 4h4v4H3zM9 8h4v4H9zM7 6h4v2",
  wait: "M8 2.5a5.5 5.5 0 1 0 .01 0M8 5v3l2.2 1.6",
  unknown: "M5.7 6a2.3 2.3 0 1 1 3.2 2.1c-.6.3-.9.7-.9 1.4M8 12v.1",
  branch: "M3 8h3l3-4h4M6 8l3 4h4",
  each: "M3 4h7M3 8h7M3 12h7M13 3.5v9",
  repeat: "M12.5 6A5 5 0 1 0 13 9M12.8 2.8V6H9.6",
  race: "M4 13V3h8l-2 2.5L12 8H4",
  fallback: "M3 5h6a3.5 3.5 0 0 1 0 7H6M8 9.5 5.5 12 8 14.5",
  parallel: "M3 5h10M3 11h10",
  graph: "M4 4l8 2.5L5 12zM4 4v.1M12 6.5v.1M5 12v.1",
  sequence: "M2.5 8h4M9.5 8h4M6.5 6v4h3V6z",
  add: "M8 3v10M3 8h10",
  align: "M3 2.5v11M6 5h7M6 9h4.5",
  arrange: "M2.5 3h4v4h-4zM9.5 3h4v4h-4zM6 11.5h4v2H6zM4.5 7v2H8v2.5M11.5 7v2H8",
  check: "M3.5 8.5 6.5 11.5 12.5 4.5",
  close: "M4 4l8 8M12 4l-8 8",
  code: "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5",
  copy: "M5.5 5.5h7.5V13H5.5zM3 10V3h7",
  down: "M4 6.5 8 10.5l4-4",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8M8 6.2a1.8 1.8 0 1 0 .01 0",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  from: "M3 3v10M6 4l6.5 4L6 12z",
  help: "M5.7 6a2.3 2.3 0 1 1 3.2 2.1c-.6.3-.9.7-.9 1.4M8 12v.1",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  more: "M3.5 8v.1M8 8v.1M12.5 8v.1",
  open: "M3 3h4M3 3v10h10V9M9 3h4v4M13 3 7.5 8.5",
  pack: "M2.5 5 8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5 8 7.5 13.5 5M8 7.5v6",
  policy: "M8 2.5 13 4.5v3.5c0 3-2 4.7-5 5.5-3-.8-5-2.5-5-5.5V4.5z",
  note: "M3 3h10v6.5L9.5 13H3zM13 9.5H9.5V13",
  pin: "M6 2.5h4l-.5 4 2 2.5h-7l2-2.5zM8 9v4.5",
  play: "M4.5 3 12.5 8l-8 5z",
  problem: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1",
  redo: "M10 3l3 3-3 3M13 6H6.5a3.5 3.5 0 0 0 0 7H9",
  save: "M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5 13V9.5h6V13",
  search: "M7 2.8a4.2 4.2 0 1 0 .01 0M10.2 10.2 13.5 13.5",
  stop: "M4.5 4.5h7v7h-7z",
  to: "M13 3v10M3.5 4l6.5 4-6.5 4z",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  undo: "M6 3 3 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H7",
  unwrap: "M2.5 5V2.5H5M11 2.5h2.5V5M13.5 11v2.5H11M5 13.5H2.5V11M6 6h4v4H6z",
  wire: "M3 4.5h3a3 3 0 0 1 3 3v1a3 3 0 0 0 3 3h1M3 4.5v.1M13 11.5v.1",
  wrap: "M2.5 2.5h11v11h-11zM5.5 6.5h5v3h-5z",
};

export function Icon({ name, size = 16 }: { name: string; size?: number }): ReactNode {
  return (
    <svg className="pf-icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name] ?? PATHS.unknown} />
    </svg>
  );
}
