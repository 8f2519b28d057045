/**
 * The canvas as one module for every host.
 *
 * Streamlit (components, version 2) calls the default export with a parent element at each rerun;
 * anywidget calls it without one and takes the widget that it gives.
 */
import { tell } from "./hosts/address.ts";
import { type Identity, identify, release } from "./hosts/identity.ts";
import { socketCarrier } from "./hosts/socket.ts";
import { type WidgetModel, settleIn, widgetCarrier } from "./hosts/widget.ts";
import { Session } from "./model/session.ts";
import { type Go, type Mounted, type Settings, mount } from "./view/mount.tsx";

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
const KEPT_WITHIN = 3000;

interface Living {
  mounted: Mounted;
  /** What it shows, by which the host asks for it: it follows where one goes from here, and hears of it. */
  key: string;
  trail: readonly string[];
  end(): void;
}

const keyOf = (data: MountData): string => `${data.address} ${data.pipeline}`;

async function begin(data: MountData, parent: HTMLElement | ShadowRoot): Promise<Living> {
  const identity: Identity = await identify(data.workspace ?? "", data.pipeline);
  const session = new Session(identity.client, data.pipeline, identity.keep, identity.key);
  const carrier = socketCarrier(data.address);
  const go: Go = (pipeline, trail) => {
    const next = { ...data, pipeline, trail, execution: null };
    live.set(parent, (live.get(parent) ?? Promise.resolve(living)).then(async (now) => {
      now.end();
      return begin(next, parent);
    }));
    tell(pipeline, trail);
  };
  const mounted = mount(parent, session, data, go);
  carrier.start(session);
  // a draft gets a name when it is first saved, a pipeline another one when it is renamed
  let called = data.pipeline;
  const unnamed = session.subscribe(() => {
    const name = session.shown.document?.pipeline ?? "";
    if (!name || name === called || session.shown.waiting) return;
    called = name;
    living.key = keyOf({ ...data, pipeline: name });
    tell(name, data.trail ?? [], true);
  });
  // the canvas is what the page is for: its keys need no click first
  const press = (event: KeyboardEvent): void => mounted.press(event);
  document.addEventListener("keydown", press, true);
  const end = (): void => {
    document.removeEventListener("keydown", press, true);
    unnamed();
    mounted.destroy(); // what is being typed becomes an edit now
    void kept(session).then(() => {
      carrier.stop();
      release(identity);
    });
  };
  const living: Living = { mounted, key: keyOf(data), trail: data.trail ?? [], end };
  return living;
}

/** Wait until Python has every edit, or for a while: what it has not is kept in the browser. */
function kept(session: Session): Promise<void> {
  return new Promise((resolve) => {
    const leave = session.subscribe(() => session.shown.waiting === 0 && done());
    const timer = setTimeout(() => done(), session.shown.connection === "open" ? KEPT_WITHIN : 0);
    const done = (): void => {
      clearTimeout(timer);
      leave();
      resolve();
    };
    if (session.shown.waiting === 0) done();
  });
}

function streamlit({ data, parentElement }: StreamlitArgs): () => void {
  const before = live.get(parentElement);
  const key = keyOf(data);
  const now = (before ?? begin(data, parentElement)).then((living) => {
    if (living.key === key) {
      living.mounted.update({ ...data, trail: living.trail });
      return living;
    }
    living.end();
    return begin(data, parentElement);
  });
  live.set(parentElement, now);
  return () => {
    const last = live.get(parentElement);
    live.delete(parentElement);
    void last?.then((living) => living.end());
  };
}

async function open(model: WidgetModel, place: ShadowRoot, pipeline: string, look: { settings(): Settings; show: Go }): Promise<Opened> {
  const identity = await identify(String(model.get("workspace") ?? ""), pipeline);
  const session = new Session(identity.client, pipeline, identity.keep, identity.key);
  const carrier = widgetCarrier(model, identity.client);
  const mounted = mount(place, session, look.settings(), look.show);
  carrier.start(session);
  return {
    update: () => mounted.update(look.settings()),
    end() {
      mounted.destroy();
      carrier.stop();
      release(identity);
    },
  };
}

interface Opened {
  update(): void;
  end(): void;
}

const widget = {
  render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
    const { place, leave } = settleIn(el);
    let now: Promise<Opened> | null = null;
    const show: Go = (pipeline, trail) => {
      const before = now;
      const settings = (): Settings => ({ ...(model.get("settings") as Settings | undefined), trail });
      now = (async () => {
        (await before)?.end();
        return open(model, place, pipeline, { settings, show });
      })();
    };
    show(String(model.get("pipeline") ?? ""), []);
    const changed = (): void => void now?.then((opened) => opened.update());
    model.on("change:settings", changed);
    return () => {
      model.off("change:settings", changed);
      void now?.then((opened) => {
        opened.end();
        leave();
      });
    };
  },
};

export default function canvas(args?: StreamlitArgs): (() => void) | typeof widget {
  return args?.parentElement ? streamlit(args) : widget;
}
