/** What can be put in: a search over capabilities and pipelines, and the kinds of steps of our own. */
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { outerPorts } from "../model/board.ts";
import type { PaletteItem } from "../model/protocol.ts";
import { addItem, addKind } from "./actions.ts";
import { DRAGGED } from "./canvas.tsx";
import { Button } from "./controls.tsx";
import { backToGround } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { type Kind, areNamed, kindsFor } from "./kinds.ts";
import { type Editor, useEditor, useShown, useUi } from "./state.ts";

const SEARCH_PAUSE = 120;

type Row = { readonly item: PaletteItem } | { readonly kind: Kind };

/** What is offered, in the order in which it is shown. */
function rowsFor(items: readonly PaletteItem[], text: string): readonly Row[] {
  const kinds = kindsFor(text);
  const [own, found] = [kinds.map((kind) => ({ kind })), items.map((item) => ({ item }))];
  return areNamed(kinds, text) ? [...own, ...found] : [...found, ...own];
}

export function Palette(): ReactNode {
  const editor = useEditor();
  const open = useUi((ui) => ui.palette);
  const connection = useShown((shown) => shown.connection);
  const renewals = useShown((shown) => shown.renewals);
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ text: string; items: readonly PaletteItem[] }>({ text: "", items: [] });
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const added = useRef<Promise<void>>(Promise.resolve());
  useEffect(() => {
    let current = true;
    const timer = setTimeout(async () => {
      const items = await editor.session.palette(text);
      if (current && items) setFound({ text, items });
    }, text ? SEARCH_PAUSE : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [editor, text, connection, renewals]);
  const kinds = kindsFor(text);
  const first = areNamed(kinds, text);
  const [kindsFrom, itemsFrom] = first ? [0, kinds.length] : [found.items.length, 0];
  const rows = rowsFor(found.items, text);
  const add = (row: Row): void => ("item" in row ? addItem(editor, row.item) : addKind(editor, row.kind.kind));
  const clear = (): void => {
    setText("");
    setAt(0);
    if (isDrawer(editor)) closePalette(editor);
  };
  const addClicked = (row: Row): void => {
    add(row);
    clear();
  };
  /** Put in what is marked, or, where one was quicker than the search, the first that it finds; what is typed meanwhile is the next one's. */
  const addMeant = (): void => {
    if (text.trim() === "") return;
    const marked = found.text === text ? rows[at] : null;
    if (marked === undefined) return;
    clear();
    added.current = added.current.then(async () => {
      const items = marked ? null : await editor.session.palette(text);
      const row = marked ?? (items && rowsFor(items, text)[0]);
      if (row) return add(row);
      setText((typed) => typed || text);
      editor.set({ palette: true });
    }).catch(console.error); // and the next is put in all the same
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
          id={`pf-offer-${kindsFrom + index}`}
          icon={kind.icon}
          text={kind.text}
          about={kind.about}
          ports=""
          meant={kindsFrom + index === at && text !== ""}
          dragged={{ step: kind.kind }}
          onAdd={() => addClicked({ kind })}
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
              Enter: addMeant,
              Escape: () => (text ? setText("") : closePalette(editor)),
            };
            const act = event.ctrlKey || event.metaKey ? undefined : moves[event.key];
            if (!act) return;
            event.preventDefault();
            event.stopPropagation();
            act();
          }}
        />
        <Button icon="close" label="Close the palette" className="pf-button pf-quiet pf-square pf-narrow" onClick={() => closePalette(editor)} />
      </div>
      <div className="pf-offers" id="pf-offers" role="listbox" aria-label="What can be put in" ref={list}>
        {first && ownKinds}
        {found.items.length > 0 && <h3 role="presentation">{text ? "Found" : "Capabilities"}</h3>}
        {found.items.map((item, index) => (
          <Offer
            key={`${item.kind} ${item.name}`}
            id={`pf-offer-${itemsFrom + index}`}
            icon={item.kind}
            text={item.name}
            about={item.about}
            ports={sayPorts(item)}
            meant={itemsFrom + index === at && text !== ""}
            dragged={item}
            onAdd={() => addClicked({ item })}
          />
        ))}
        {!first && ownKinds}
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
