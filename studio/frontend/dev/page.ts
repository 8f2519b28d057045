/** A page with the canvas and a host in memory: `?example=report|empty|many`, `&theme=dark`. */
import { memoryKeep } from "../src/model/outbox.ts";
import type { FromCanvas, FromPython } from "../src/model/protocol.ts";
import { Session } from "../src/model/session.ts";
import { mount } from "../src/view/mount.tsx";
import { EMPTY, REPORT, many } from "./examples.ts";
import { Host } from "./host/host.ts";
import { PretendedRuns } from "./host/run.ts";

const query = new URLSearchParams(location.search);
const count = Number(query.get("count") ?? 400);
const example = { empty: EMPTY, many: many(count), report: REPORT }[query.get("example") ?? "report"] ?? REPORT;
const host = new Host(structuredClone(example));
const session = new Session("dev", "dev", memoryKeep());
const deliver = (message: FromPython): void => session.receive(structuredClone(message));
const runs = new PretendedRuns(host, deliver);
const pace = Number(query.get("pace") ?? 20);

const place = document.querySelector<HTMLElement>("#canvas");
if (!place) throw new Error("the page has no place for the canvas");
const theme = query.get("theme") === "dark" ? "dark" : "light";
document.body.className = theme;
const parent = query.get("shadow") ? place.attachShadow({ mode: "open" }) : place;
mount(parent, session, { theme, height: "100%", readOnly: query.has("readonly") });
session.connected((message: FromCanvas) => {
  setTimeout(() => {
    host.receive(structuredClone(message), deliver);
    runs.receive(structuredClone(message));
  }, pace);
});

Object.assign(globalThis, { packetflow: { host, session } });
