/**
 * The canvas as one module for every host.
 *
 * Streamlit (components, version 2) calls the default export with a parent element at each rerun;
 * anywidget calls it without one and takes the widget that it gives.
 */
import { identify, release } from "./hosts/identity.ts";
import { socketCarrier } from "./hosts/socket.ts";
import { type WidgetModel, settleIn, widgetCarrier } from "./hosts/widget.ts";
import { Session } from "./model/session.ts";
import { type Mounted, type Settings, mount } from "./view/mount.tsx";

/** What a host says about the canvas to show. */
export interface MountData extends Settings {
  /** Where the WebSocket is: an address, or a path of the page's own host. */
  address: string;
  pipeline: string;
  /** Tells workspaces apart that are served at one address. */
  workspace?: string;
}

interface StreamlitArgs {
  data: MountData;
  parentElement: HTMLElement | ShadowRoot;
}

const live = new WeakMap<HTMLElement | ShadowRoot, Promise<Living>>();

interface Living {
  mounted: Mounted;
  key: string;
  end(): void;
}

const keyOf = (data: MountData): string => `${data.address} ${data.pipeline}`;

async function begin(data: MountData, parent: HTMLElement | ShadowRoot): Promise<Living> {
  const identity = await identify(data.workspace ?? "", data.pipeline);
  const session = new Session(identity.client, data.pipeline, identity.keep, identity.key);
  const carrier = socketCarrier(data.address);
  const mounted = mount(parent, session, data);
  carrier.start(session);
  const end = (): void => {
    carrier.stop();
    mounted.destroy();
    release(identity);
  };
  return { mounted, key: keyOf(data), end };
}

function streamlit({ data, parentElement }: StreamlitArgs): () => void {
  const before = live.get(parentElement);
  const now = (before ?? begin(data, parentElement)).then((living) => {
    if (living.key === keyOf(data)) {
      living.mounted.update(data);
      return living;
    }
    living.end();
    return begin(data, parentElement);
  });
  live.set(parentElement, now);
  return () => {
    live.delete(parentElement);
    void now.then((living) => living.end());
  };
}

async function settle(model: WidgetModel, el: HTMLElement): Promise<() => void> {
  const pipeline = String(model.get("pipeline") ?? "");
  const identity = await identify(String(model.get("workspace") ?? ""), pipeline);
  const session = new Session(identity.client, pipeline, identity.keep, identity.key);
  const carrier = widgetCarrier(model, identity.client);
  const settings = (): Settings => (model.get("settings") as Settings | undefined) ?? {};
  const { place, leave } = settleIn(el);
  const mounted = mount(place, session, settings());
  const changed = (): void => mounted.update(settings());
  model.on("change:settings", changed);
  carrier.start(session);
  return () => {
    model.off("change:settings", changed);
    carrier.stop();
    mounted.destroy();
    leave();
    release(identity);
  };
}

const widget = {
  render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
    const settled = settle(model, el);
    return () => void settled.then((end) => end());
  },
};

export default function canvas(args?: StreamlitArgs): (() => void) | typeof widget {
  return args?.parentElement ? streamlit(args) : widget;
}
