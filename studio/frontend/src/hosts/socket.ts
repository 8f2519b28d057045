/** Messages over a WebSocket; when it breaks, another one is opened, ever more slowly. */
import type { FromPython } from "../model/protocol.ts";
import type { Session } from "../model/session.ts";
import type { Carrier } from "./connection.ts";

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 8000;

/** Ask for the page itself: a host that was started anew gives it the token of this start. */
async function renewed(): Promise<void> {
  await fetch("/", { cache: "no-store" }).catch(() => undefined);
}

/** Carry messages to an address: `ws://...`, `http://...`, or a path of the page's own host. */
export function socketCarrier(address: string): Carrier {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE;
  let stopped = false;

  const open = (session: Session): void => {
    const url = new URL(address, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const mine = new WebSocket(url);
    let opened = false;
    socket = mine;
    mine.onopen = () => {
      opened = true;
      session.connected((message) => mine.send(JSON.stringify(message)));
    };
    mine.onmessage = (event) => {
      pause = FIRST_PAUSE;
      session.receive(JSON.parse(String(event.data)) as FromPython);
    };
    mine.onclose = () => {
      if (stopped || socket !== mine) return;
      session.disconnected();
      if (session.shown.connection === "gone") return;
      const again = opened || url.host !== location.host ? (): void => open(session) : (): void => void renewed().then(() => stopped || open(session));
      timer = setTimeout(again, pause * (0.7 + 0.6 * Math.random()));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    };
  };

  return {
    start: open,
    stop() {
      stopped = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
