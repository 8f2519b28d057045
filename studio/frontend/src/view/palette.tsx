/** What can be put in: a search over capabilities and pipelines, and the kinds of steps of our own. */
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { outerPorts } from "../model/board.ts";
import type { PaletteItem } from "../model/protocol.ts";
import { addItem, addKind } from "./actions.ts";
import { DRAGGED } from "./canvas.tsx";
import { Button } from "./controls.tsx";
import { backToGround } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { type Editor, useEditor, useShown, useUi } from "./state.ts";

const KINDS: readonly { kind: string; icon: string; text: string; about: string }[] = [
  { kind: "when", icon: "branch", text: "Choose", about: "One way or another, by a condition" },
  { kind: "each", icon: "each", text: "For each", about: "The same steps for every item of a list" },
  { kind: "parallel", icon: "parallel", text: "Together", about: "Steps that need not wait for each other" },
  { kind: "repeat", icon: "repeat", text: "Repeat", about: "Until a condition holds" },
  { kind: "fallback", icon: "fallback", text: "Fallback", about: "The next one where one fails" },
  { kind: "race", icon: "race", text: "Race", about: "The first result counts" },
  { kind: "approve", icon: "wait", text: "Ask", about: "A person; wait for the answer" },
  { kind: "wait", icon: "wait", text: "Wait", about: "For an event" },
];

const SEARCH_PAUSE = 120;

export function Palette(): ReactNode {
  const editor = useEditor();
  const open = useUi((ui) => ui.palette);
  const connection = useShown((shown) => shown.connection);
  const renewals = useShown((shown) => shown.renewals);
  const [text, setText] = useState("");
  const [items, setItems] = useState<readonly PaletteItem[]>([]);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(async () => {
      const found = await editor.session.palette(text);
      if (current && found) setItems(found);
    }, text ? SEARCH_PAUSE : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [editor, text, connection, renewals]);
  const words = text.toLowerCase();
  const kinds = KINDS.filter((kind) => `${kind.text} ${kind.about} ${kind.kind}`.toLowerCase().includes(words));
  const rows = [...items.map((item) => ({ item })), ...kinds.map((kind) => ({ kind }))];
  const add = (index: number): void => {
    const row = rows[index];
    if (!row) return;
    "item" in row ? addItem(editor, row.item) : addKind(editor, row.kind.kind);
    setText("");
    setAt(0);
    if (isDrawer(editor)) closePalette(editor);
  };
  const move = (by: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, at + by));
    setAt(next);
    list.current?.querySelectorAll("[role=option]")[next]?.scrollIntoView({ block: "nearest" });
  };
  const ownKinds = (
    <>
      {kinds.length > 0 && <h3 role="presentation">Steps around steps</h3>}
      <div className="pf-kinds" role="presentation">
      {kinds.map((kind, index) => (
        <Offer
          key={kind.kind}
          id={`pf-offer-${items.length + index}`}
          icon={kind.icon}
          text={kind.text}
          about={kind.about}
          ports=""
          meant={items.length + index === at && text !== ""}
          dragged={{ step: kind.kind }}
          onAdd={() => add(items.length + index)}
        />
      ))}
      </div>
    </>
  );
  return (
    <aside className={`pf-palette${open ? " pf-open" : ""}`} aria-label="Palette">
      <div className="pf-find">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="pf-offers"
          aria-activedescendant={rows.length ? `pf-offer-${at}` : undefined}
          aria-label="Search capabilities and steps"
          placeholder="Search…  /"
          value={text}
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const moves: { readonly [key: string]: () => void } = {
              ArrowDown: () => move(1),
              ArrowUp: () => move(-1),
              Enter: () => add(at),
              Escape: () => (text ? setText("") : closePalette(editor)),
            };
            const act = moves[event.key];
            if (!act) return;
            event.preventDefault();
            event.stopPropagation();
            act();
          }}
        />
        <Button icon="close" label="Close the palette" className="pf-button pf-quiet pf-square pf-narrow" onClick={() => closePalette(editor)} />
      </div>
      <div className="pf-offers" id="pf-offers" role="listbox" aria-label="What can be put in" ref={list}>
        {text === "" && ownKinds}
        {items.length > 0 && <h3 role="presentation">{text ? "Found" : "Capabilities"}</h3>}
        {items.map((item, index) => (
          <Offer
            key={`${item.kind} ${item.name}`}
            id={`pf-offer-${index}`}
            icon={item.kind}
            text={item.name}
            about={item.about}
            ports={sayPorts(item)}
            meant={index === at && text !== ""}
            dragged={item}
            onAdd={() => add(index)}
          />
        ))}
        {text !== "" && ownKinds}
        {rows.length === 0 && <p className="pf-none">Nothing is called so. Other words may find it.</p>}
      </div>
    </aside>
  );
}

/** Whether the palette lies over the drawing, for want of room. */
function isDrawer(editor: Editor): boolean {
  const palette = editor.root?.querySelector(".pf-palette");
  return palette ? getComputedStyle(palette).position === "absolute" : false;
}

function closePalette(editor: Editor): void {
  editor.set({ palette: false });
  backToGround(editor);
}

function sayPorts(item: PaletteItem): string {
  const names = (ports: PaletteItem["inputs"]): string => outerPorts(ports).map((port) => port.name).join(", ");
  return `${names(item.inputs.filter((port) => !port.optional))} → ${names(item.outputs)}`;
}

interface OfferProps {
  id: string;
  icon: string;
  text: string;
  about: string;
  ports: string;
  meant: boolean;
  dragged: object;
  onAdd(): void;
}

function Offer({ id, icon, text, about, ports, meant, dragged, onAdd }: OfferProps): ReactNode {
  return (
    <div
      id={id}
      role="option"
      aria-selected={meant}
      className="pf-offer"
      title={`${about}${ports ? `\n${ports}` : ""}`}
      draggable
      onDragStart={(event: DragEvent) => {
        event.dataTransfer.setData(DRAGGED, JSON.stringify(dragged));
        event.dataTransfer.effectAllowed = "copy";
      }}
      onClick={onAdd}
    >
      <Icon name={icon} />
      <span>{text}</span>
      <small>{about}</small>
    </div>
  );
}
