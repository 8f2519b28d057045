/** Messages of a notebook's widget (anywidget): custom messages, both ways. */
import type { FromPython } from "../model/protocol.ts";
import type { Carrier } from "./connection.ts";

/** The part of anywidget's model that is used. */
export interface WidgetModel {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: string, listener: (content: unknown) => void): void;
  off(event: string, listener: (content: unknown) => void): void;
}

export function widgetCarrier(model: WidgetModel): Carrier {
  let listener: ((content: unknown) => void) | null = null;
  return {
    start(session) {
      listener = (content) => session.receive(content as FromPython);
      model.on("msg:custom", listener);
      session.connected((message) => model.send(message));
    },
    stop() {
      if (listener) model.off("msg:custom", listener);
    },
  };
}
