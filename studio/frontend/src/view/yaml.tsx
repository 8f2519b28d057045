/** The pipeline's text beside the drawing; both edit the same document. */
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Burst, indentAfter } from "../model/typing.ts";
import { edit } from "./actions.ts";
import { Button } from "./controls.tsx";
import { useEditor, useShown, useUi } from "./state.ts";

const timer = {
  set: (run: () => void, milliseconds: number): unknown => setTimeout(run, milliseconds),
  clear: (id: unknown): void => clearTimeout(id as number),
};

export function Yaml(): ReactNode {
  const editor = useEditor();
  const known = useShown((shown) => shown.document?.text ?? "");
  const waiting = useShown((shown) => shown.waiting);
  const board = useShown((shown) => shown.board);
  const unread = useShown((shown) => shown.unread);
  const selected = useUi((ui) => ui.selection.cards);
  const [text, setText] = useState(unread?.text ?? known);
  const area = useRef<HTMLTextAreaElement>(null);
  const burst = useMemo(() => new Burst<string>((typed) => edit(editor, { op: "text", text: typed }), timer), [editor]);
  useEffect(() => {
    // others' changes wait until what is typed here has been done, or given up
    if (!burst.waits && waiting === 0 && !unread) setText(known);
  }, [known, burst, waiting, unread]);
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
  const wrongLine = Number(/^line (\d+)/.exec(unread?.message ?? "")?.[1] ?? 0);
  return (
    <div className="pf-yaml">
      {unread && (
        <div className="pf-unread" role="alert">
          <p className="pf-wrong">{unread.message}</p>
          <p className="pf-help">The drawing stays as it was until the text can be read.</p>
          <Button label="Give up these changes" worded look="plain" onClick={() => editor.session.putAwayUnread()} />
        </div>
      )}
      {broken.map((problem) => <p className="pf-wrong" role="alert" key={problem.message}>{problem.message}</p>)}
      <div className="pf-text">
        <ol aria-hidden="true">
          {lines.map((_, at) => {
            const said = problems.get(at + 1);
            const wrong = at + 1 === wrongLine || said?.some((problem) => problem.severity === "error");
            const worst = wrong ? "pf-error" : said ? "pf-warning" : "";
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
