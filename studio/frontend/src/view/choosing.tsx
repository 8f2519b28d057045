/** The lists that float over the canvas: what a wire could reach, what fits, what there is. */
import { type CSSProperties, type ReactNode, useMemo } from "react";
import { cardOf, drawnCards } from "../model/board.ts";
import { dropAt } from "../model/dropping.ts";
import { WRAPS } from "../model/edits.ts";
import { type End, endsOf, portAt } from "../model/fits.ts";
import { boxes } from "../model/geometry.ts";
import type { PaletteItem } from "../model/protocol.ts";
import { find } from "../model/search.ts";
import { finish, sayEnd, take } from "../model/wiring.ts";
import { addItem, addJoined, addKind, edit, select, wrapSelection } from "./actions.ts";
import { ChooseAct, ChoosePolicy } from "./card_menu.tsx";
import { type Choice, Chooser, filterChoices } from "./chooser.tsx";
import { backToGround } from "./focus.ts";
import { areNamed, kindsFor } from "./kinds.ts";
import { type Choosing, type Editor, portKey, useEditor, useUi } from "./state.ts";

export function Choosers(): ReactNode {
  const choosing = useUi((ui) => ui.choosing);
  switch (choosing?.kind) {
    case undefined:
      return null;
    case "wire":
      return <ChoosePort card={choosing.card} />;
    case "fits":
      return <ChooseEnd {...choosing} />;
    case "drop":
      return <ChooseItem choosing={choosing} />;
    case "find":
      return <FindCard />;
    case "wrap":
      return <ChooseWrap />;
    case "menu":
      return <ChooseAct card={choosing.card} at={choosing.at} />;
    case "policy":
      return <ChoosePolicy card={choosing.card} />;
  }
}

export function useClose(): () => void {
  const editor = useEditor();
  return () => {
    editor.set({ choosing: null, fits: null });
    backToGround(editor);
  };
}

/** From which port of the card the wire shall go. */
function ChoosePort({ card }: { card: string }): ReactNode {
  const editor = useEditor();
  const close = useClose();
  const { board } = editor.shown;
  const ends = endsOf(board).filter((end) => end.card === card).sort((one) => (one.side === "output" ? -1 : 1));
  const choices = ends.map((end): Choice => {
    const port = portAt(board, end);
    const type = board.types[port?.type ?? ""]?.name ?? "";
    return { key: portKey(end), text: end.port, hint: `${end.side === "output" ? "gives" : "takes"} ${type}`, icon: end.side === "output" ? "from" : "to" };
  });
  return (
    <Chooser
      key="port"
      title={`Wire: which port of ${card}?`}
      placeholder="Port…"
      offer={(text) => filterChoices(choices, text)}
      onChoose={(key) => {
        const end = ends.find((one) => portKey(one) === key);
        if (end) editor.set({ choosing: { kind: "fits", end } });
      }}
      onClose={close}
      empty="It has no ports."
    />
  );
}

/** To which port that fits. */
function ChooseEnd({ end, choices: only }: { end: End; choices?: readonly End[] }): ReactNode {
  const editor = useEditor();
  const close = useClose();
  const wiring = useMemo(() => ({ ...take(editor.shown.board, end), ...(only && { choices: only }) }), [editor, end, only]);
  const { board } = editor.shown;
  const choices = wiring.choices.map((other, at): Choice => ({ key: String(at), text: sayEnd(board, other) }));
  const search = { key: "search", text: "Add a step that fits…", icon: "add" };
  return (
    <Chooser
      key="end"
      title={`${sayEnd(board, end)} ${end.side === "output" ? "to" : "from"}`}
      placeholder="Step or port…"
      offer={(text) => [...filterChoices(choices, text), ...(only ? [] : [search])]}
      onMean={(key) => {
        const other = key === null ? undefined : wiring.choices[Number(key)];
        editor.set({ fits: new Set([portKey(end), ...(other ? [portKey(other)] : [])]) });
      }}
      onChoose={(key) => {
        if (key === "search") return editor.set({ fits: null, choosing: dropBeside(editor, end) });
        const ops = finish(editor.shown.board, { ...wiring, at: Number(key) });
        edit(editor, ...ops);
        close();
        editor.say(ops.length ? "Wire drawn" : "These do not fit any more");
      }}
      onClose={close}
      empty="Nothing fits."
    />
  );
}

function dropBeside(editor: Editor, end: End): Choosing {
  const { board } = editor.shown;
  const card = cardOf(board, end.card);
  const box = card && boxes(board).get(card.id);
  const [x, y] = editor.camera?.middle() ?? [0, 0];
  const flow = card && box ? ([card.x + (end.side === "output" ? box.width + 72 : -312), card.y] as const) : ([x, y] as const);
  const around = editor.root?.getBoundingClientRect();
  return { kind: "drop", end, flow, screen: [(around?.left ?? 0) + 120, (around?.top ?? 0) + 90] };
}

/** Pixels of a list with its field and title, at most. */
const HEIGHT = 392;

/** A step for a spot: any, or one that fits the wire that was let go there. */
function ChooseItem({ choosing }: { choosing: Extract<Choosing, { kind: "drop" }> }): ReactNode {
  const editor = useEditor();
  const close = useClose();
  const { end, screen, flow } = choosing;
  const found = useMemo(() => new Map<string, PaletteItem>(), []);
  const side = end?.side === "output" ? "input" : "output";
  const title = end ? `What ${side === "input" ? "takes" : "gives"} ${end.port}?` : "Add a step here";
  const around = editor.root?.getBoundingClientRect();
  const style: CSSProperties = around
    ? {
        left: Math.max(8, Math.min(screen[0] - around.left, around.width - 308)),
        top: Math.max(52, Math.min(screen[1] - around.top, around.height - HEIGHT)),
        transform: "none",
      }
    : {};
  return (
    <Chooser
      key="item"
      title={title}
      placeholder={end ? "Search what fits…" : "Search…"}
      style={style}
      offer={async (text) => {
        const fits = end && { type: portAt(editor.shown.board, end)?.type ?? "", side } as const;
        const items = (await editor.session.palette(text, fits)) ?? [];
        for (const item of items) found.set(`${item.kind} ${item.name}`, item);
        const offers = items.map((item): Choice => ({ key: `${item.kind} ${item.name}`, text: item.name, hint: item.about, icon: item.kind }));
        if (end) return offers;
        const kinds = kindsFor(text);
        const own = kinds.map((kind): Choice => ({ key: kind.kind, text: kind.text, hint: kind.about, icon: kind.icon }));
        return text && areNamed(kinds, text) ? [...own, ...offers] : [...offers, ...own];
      }}
      onChoose={(key) => {
        const item = found.get(key);
        const { board } = editor.shown;
        const corner = end?.side === "input" ? ([flow[0] - 240, flow[1]] as const) : flow;
        const drop = dropAt(board, boxes(board), { point: flow, corner });
        close();
        if (!item) addKind(editor, key, drop);
        else end ? addJoined(editor, item, end, drop) : addItem(editor, item, drop);
      }}
      onClose={close}
      empty={end ? "No capability fits here." : "Nothing is called so. Other words may find it."}
    />
  );
}

function FindCard(): ReactNode {
  const editor = useEditor();
  const close = useClose();
  const { board } = editor.shown;
  return (
    <Chooser
      title="Find a step"
      placeholder="Name, port or note…"
      offer={(text) => {
        const cards = text.trim() ? find(board, text) : drawnCards(board);
        return cards.map((card) => ({ key: card.id, text: card.id, hint: card.about, icon: card.kind }));
      }}
      onMean={(key) => key !== null && editor.camera?.show([key])}
      onChoose={(key) => {
        close();
        select(editor, key, { look: true });
      }}
      onClose={close}
      empty="No step is called so."
    />
  );
}

function ChooseWrap(): ReactNode {
  const editor = useEditor();
  const close = useClose();
  const choices = WRAPS.map(({ kind, text }) => ({ key: kind, text, icon: kind === "when" ? "branch" : kind }));
  return (
    <Chooser
      title="Put the selection into"
      placeholder="Kind…"
      offer={(text) => filterChoices(choices, text)}
      onChoose={(key) => {
        wrapSelection(editor, key);
        close();
      }}
      onClose={close}
      empty="There is no such kind."
    />
  );
}
