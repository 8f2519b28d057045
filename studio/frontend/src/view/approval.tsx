/** A step that waits for a person: its question, and what can be answered. */
import { NodeToolbar, Position } from "@xyflow/react";
import { type ReactNode, useState } from "react";
import { cardOf } from "../model/board.ts";
import type { Question } from "../model/protocol.ts";
import { cardAsking } from "../model/runs.ts";
import { Button } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { useEditor, useShown } from "./state.ts";

export function Approval({ step }: { step: string }): ReactNode {
  const question = useShown((shown) => shown.run?.questions.find((one) => cardAsking(one.step) === step));
  const waits = useShown((shown) => cardOf(shown.board, step)?.kind === "wait");
  if (!question) return null;
  return (
    <NodeToolbar nodeId={step} isVisible position={Position.Bottom} offset={8} className="pf-mend nodrag">
      <Answer key={`${question.step} ${question.text}`} question={question} choices={choicesOf(question, waits)} />
    </NodeToolbar>
  );
}

/** What the run as a whole asks: whether it may go on with changed code. */
export function ApprovalOfAll(): ReactNode {
  const question = useShown((shown) => shown.run?.questions.find((one) => one.step === ""));
  if (!question) return null;
  return (
    <div className="pf-banner" role="alert">
      <Answer key={question.text} question={question} choices={choicesOf(question, false)} />
    </div>
  );
}

interface Choice {
  readonly word: string;
  readonly value: unknown;
}

/** What can be pressed; nothing where the answer is to be written. */
function choicesOf(question: Question, waits: boolean): readonly Choice[] {
  if (question.choices.length) return question.choices.map((word) => ({ word, value: word }));
  return waits ? [{ word: "Yes", value: true }, { word: "No", value: false }] : [];
}

function Answer({ question, choices }: { question: Question; choices: readonly Choice[] }): ReactNode {
  const { session } = useEditor();
  const [text, setText] = useState("");
  const give = (value: unknown): void => session.answer(question, value);
  return (
    <form
      className="pf-answer"
      onSubmit={(event) => {
        event.preventDefault();
        give(text);
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <p><Icon name="wait" size={14} /> {question.text}</p>
      {choices.length > 0 ? (
        <div className="pf-row">
          {choices.map(({ word, value }, at) => (
            <Button key={word} label={word} worded look={at === 0 ? "main" : "plain"} onClick={() => give(value)} />
          ))}
        </div>
      ) : (
        <div className="pf-row">
          <input aria-label="Answer" value={text} onChange={(event) => setText(event.target.value)} />
          <Button label="Answer" worded look="main" type="submit" />
        </div>
      )}
    </form>
  );
}
