/**
 * A notebook's widget (anywidget): custom messages both ways, and manners towards the notebook.
 *
 * One widget may be shown in several places; each is an editor of its own, told apart by `view`.
 */
import type { FromCanvas, FromPython } from "../model/protocol.ts";
import type { Session } from "../model/session.ts";
import type { Carrier } from "./connection.ts";

/** The part of anywidget's model that is used. */
export interface WidgetModel {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, listener: (content: unknown) => void): void;
  off(event: string, listener: (content: unknown) => void): void;
}

interface Told {
  readonly view: string;
  readonly say: FromPython;
}

const KERNEL_GONE = "The kernel was restarted or ended. Run this cell again; nothing that was done here is lost.";

/** Carry messages of the editor `view`; `null` says that it is gone. */
export function widgetCarrier(model: WidgetModel, view: string): Carrier {
  const send = (say: FromCanvas | null): void => model.send({ view, say });
  let listener: ((content: unknown) => void) | null = null;
  let ended: (() => void) | null = null;
  let hasEnded = false;
  return {
    start(session: Session) {
      listener = (content) => {
        const told = content as Told;
        if (told.view === view) session.receive(told.say);
      };
      ended = () => {
        hasEnded = true;
        session.disconnected();
        session.receive({ type: "gone", message: KERNEL_GONE });
      };
      model.on("msg:custom", listener);
      model.on("comm_live_update", ended);
      session.connected(send);
    },
    stop() {
      if (!listener || !ended) return;
      model.off("msg:custom", listener);
      model.off("comm_live_update", ended);
      if (!hasEnded) send(null);
    },
  };
}

/**
 * A place of our own in a cell's output: the notebook's styles stay outside, and so do its keys.
 *
 * Notebooks take single letters as commands (`b` adds a cell, `x` cuts one). JupyterLab hears keys
 * before anybody else and leaves those of an element with the mark alone; others hear them after us.
 * The wheel scrolls the notebook until the canvas has been clicked, so that nobody gets stuck in it.
 */
export function settleIn(el: HTMLElement): { place: ShadowRoot; leave(): void } {
  const host = document.createElement("div");
  host.dataset.lmSuppressShortcuts = "true";
  const place = host.attachShadow({ mode: "open" });
  const keep = (event: KeyboardEvent): void => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  };
  const pass = (event: WheelEvent): void => {
    if (!event.ctrlKey && !place.activeElement) event.stopPropagation();
  };
  host.addEventListener("keydown", keep);
  host.addEventListener("wheel", pass, { capture: true });
  el.append(host);
  return { place, leave: () => host.remove() };
}
