/** The pipeline's text beside the drawing; both edit the same document. */
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Burst, caretIn, indentAfter } from "../model/typing.ts";
import { edit } from "./actions.ts";
import { useEditor, useShown, useUi } from "./state.ts";

const timer = {
  set: (run: () => void, milliseconds: number): unknown => setTimeout(run, milliseconds),
  clear: (id: unknown): void => clearTimeout(id as number),
};

export function Yaml(): ReactNode {
  const editor = useEditor();
  const known = useShown((shown) => (shown.document?.text ?? "").replaceAll("\r\n", "\n")); // as a text area has it
  const waiting = useShown((shown) => shown.waiting);
  const board = useShown((shown) => shown.board);
  const selected = useUi((ui) => ui.selection.cards);
  const [text, setText] = useState(known);
  const area = useRef<HTMLTextAreaElement>(null);
  const base = useRef(known);
  const chosen = useRef<readonly [number, number] | null>(null);
  const burst = useMemo(() => new Burst<string>((typed) => edit(editor, { op: "text", text: typed, base: base.current }), timer), [editor]);
  useEffect(() => {
    // others' changes wait until what is typed here has been done
    if (burst.waits || waiting > 0 || text === known) return;
    const { selectionStart = 0, selectionEnd = 0 } = area.current ?? {};
    chosen.current = [caretIn(text, known, selectionStart), caretIn(text, known, selectionEnd)];
    setText(known);
  }, [known, burst, waiting]);
  useLayoutEffect(() => {
    if (chosen.current) area.current?.setSelectionRange(...chosen.current);
    chosen.current = null;
  }, [text]);
  useEffect(() => () => burst.flush(), [burst]);
  const lines = text.split("\n");
  const problems = Map.groupBy(board.problems, (problem) => problem.line || (board.cards.find((card) => card.id === problem.step)?.line ?? 0));
  const marked = new Set(board.cards.filter((card) => selected.has(card.id)).map((card) => card.line ?? 0));
  const first = Math.min(...[...marked].filter(Boolean));
  useEffect(() => {
    const there = area.current;
    const scroller = there?.parentElement;
    if (scroller && Number.isFinite(first)) scroller.scrollTo({ top: Math.max(0, (first - 4) * 19) });
  }, [first]);
  const broken = board.problems.filter((problem) => problem.code === "source");
  return (
    <div className="pf-yaml">
      {broken.map((problem) => <p className="pf-wrong" role="alert" key={problem.message}>{problem.message}</p>)}
      <div className="pf-text">
        <ol aria-hidden="true">
          {lines.map((_, at) => {
            const said = problems.get(at + 1);
            const worst = said?.some((problem) => problem.severity === "error") ? "pf-error" : said ? "pf-warning" : "";
            const title = said?.map((problem) => problem.message).join("\n");
            return <li key={at} className={`${worst} ${marked.has(at + 1) ? "pf-here" : ""}`} title={title}>{at + 1}</li>;
          })}
        </ol>
        <textarea
          ref={area}
          aria-label="The pipeline's text"
          value={text}
          rows={lines.length}
          cols={Math.max(20, ...lines.map((line) => line.length + 2))}
          wrap="off"
          spellCheck={false}
          readOnly={editor.readOnly}
          onBlur={() => burst.flush()}
          onChange={(event) => {
            if (!burst.waits) base.current = text;
            setText(event.target.value);
            burst.type(event.target.value);
          }}
          onKeyDown={(event) => {
            const { value, selectionStart, selectionEnd } = event.currentTarget;
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key !== "Enter" || event.ctrlKey || event.metaKey || selectionStart !== selectionEnd) return;
            const indent = indentAfter(value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart));
            // the only way that the browser's own undo goes on knowing it
            if (document.execCommand("insertText", false, `\n${indent}`)) event.preventDefault();
          }}
        />
      </div>
    </div>
  );
}
