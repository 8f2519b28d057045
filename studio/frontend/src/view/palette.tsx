/** What can be put in: a search over capabilities and pipelines, and the kinds of steps of our own. */
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { outerPorts } from "../model/board.ts";
import type { PaletteItem } from "../model/protocol.ts";
import { addItem, addKind } from "./actions.ts";
import { DRAGGED } from "./canvas.tsx";
import { Button } from "./controls.tsx";
import { backToGround } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { type Kind, kindsFor } from "./kinds.ts";
import { type Editor, useEditor, useShown, useUi } from "./state.ts";

const SEARCH_PAUSE = 120;

/** What was found, and of which words. */
interface Found {
  readonly of: string;
  readonly items: readonly PaletteItem[];
}

type Row = { readonly kind: Kind } | { readonly item: PaletteItem };

export function Palette(): ReactNode {
  const editor = useEditor();
  const open = useUi((ui) => ui.palette);
  const connection = useShown((shown) => shown.connection);
  const [text, setText] = useState("");
  const [{ of, items }, setFound] = useState<Found>({ of: "", items: [] });
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(async () => {
      const found = await editor.session.palette(text);
      if (current && found) setFound({ of: text, items: found });
    }, text ? SEARCH_PAUSE : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [editor, text, connection]);
  // those that are named stay at the top, whatever is found below them
  const [named, others] = kindsFor(text);
  const rows: Row[] = [...named.map((kind) => ({ kind })), ...items.map((item) => ({ item })), ...others.map((kind) => ({ kind }))];
  const put = (row: Row | undefined): void => {
    if (!row) return;
    "item" in row ? addItem(editor, row.item) : addKind(editor, row.kind.kind);
    setText("");
    setAt(0);
    if (isDrawer(editor)) closePalette(editor);
  };
  const add = async (index: number): Promise<void> => {
    // typed faster than was looked up: what is shown belongs to other words
    if (of === text || index < named.length) return put(rows[index]);
    const [first] = (await editor.session.palette(text)) ?? [];
    put(first && { item: first });
  };
  const move = (by: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, at + by));
    setAt(next);
    list.current?.querySelectorAll("[role=option]")[next]?.scrollIntoView({ block: "nearest" });
  };
  const ownKinds = (kinds: readonly Kind[], before: number): ReactNode => kinds.length > 0 && (
    <>
      <h3 role="presentation">Steps around steps</h3>
      <div className="pf-kinds" role="presentation">
        {kinds.map((kind, index) => (
          <Offer
            key={kind.kind}
            id={`pf-offer-${before + index}`}
            icon={kind.icon}
            text={kind.text}
            about={kind.about}
            ports=""
            meant={before + index === at && text !== ""}
            dragged={{ step: kind.kind }}
            onAdd={() => put({ kind })}
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
              Enter: () => void add(at),
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
        {ownKinds(named, 0)}
        {items.length > 0 && <h3 role="presentation">{text ? "Found" : "Capabilities"}</h3>}
        {items.map((item, index) => (
          <Offer
            key={`${item.kind} ${item.name}`}
            id={`pf-offer-${named.length + index}`}
            icon={item.kind}
            text={item.name}
            about={item.about}
            ports={sayPorts(item)}
            meant={named.length + index === at && text !== ""}
            dragged={item}
            onAdd={() => put({ item })}
          />
        ))}
        {ownKinds(others, named.length + items.length)}
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
