/** Put an editor into an element, also one inside a shadow root, and take it out again. */
import flowStyle from "@xyflow/react/dist/base.css";
import { options } from "preact";
import { createRoot } from "react-dom/client";
import { modeAround, watchMode } from "../hosts/theme.ts";
import type { Session } from "../model/session.ts";
import { EditorView } from "./editor.tsx";
import { pressedNowhere } from "./keys.ts";
import { Editor, type Go, type Settings } from "./state.ts";
import style from "./style.css";

export type { Go, Settings };

// Effects are done at once, and not after the next picture: a key that is held counts for the click
// that follows it, and what React Flow is told in effects is drawn a picture earlier.
options.requestAnimationFrame = queueMicrotask;

export interface Mounted {
  /** Take in what the host says now; nothing that is shown is lost. */
  update(settings: Settings): void;
  /** A key was pressed while nothing on the page had the focus. */
  press(event: KeyboardEvent): void;
  destroy(): void;
}

export function mount(parent: HTMLElement | ShadowRoot, session: Session, settings: Settings, go: Go | null = null): Mounted {
  const sheet = document.createElement("style");
  sheet.textContent = flowStyle + style;
  const place = document.createElement("div");
  place.className = "pf-place";
  parent.append(sheet, place);

  const editor = new Editor(session, settings, settings.theme ?? modeAround(place), go);
  const unwatch = watchMode(place, (mode) => {
    if (!editor.ui.settings.theme && mode !== editor.ui.mode) editor.set({ mode });
  });
  if (settings.execution) session.follow(settings.execution);
  Object.assign(place, { editor }); // for tests, and for whoever looks at the page's elements
  const root = createRoot(place);
  root.render(<EditorView editor={editor} />);

  return {
    update(next) {
      const { execution } = editor.ui.settings;
      const mode = next.theme ?? modeAround(place);
      if (JSON.stringify([next, mode]) === JSON.stringify([editor.ui.settings, editor.ui.mode])) return;
      editor.set({ settings: next, mode });
      if ((next.execution ?? null) !== (execution ?? null)) session.follow(next.execution ?? null);
    },
    press: (event) => pressedNowhere(editor, event),
    destroy() {
      unwatch();
      root.unmount();
      place.remove();
      sheet.remove();
    },
  };
}
