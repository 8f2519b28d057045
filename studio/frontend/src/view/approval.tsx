/** A step that waits for a person: its question, and what can be answered. */
import { NodeToolbar, Position } from "@xyflow/react";
import { type ReactNode, useState } from "react";
import type { Question } from "../model/protocol.ts";
import { Button } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { useEditor, useShown } from "./state.ts";

export function Approval({ step }: { step: string }): ReactNode {
  const question = useShown((shown) => shown.run?.questions.find((one) => one.step === step));
  if (!question) return null;
  return (
    <NodeToolbar nodeId={step} isVisible position={Position.Bottom} offset={8} className="pf-mend nodrag">
      <Answer question={question} />
    </NodeToolbar>
  );
}

function Answer({ question }: { question: Question }): ReactNode {
  const { session } = useEditor();
  const [text, setText] = useState("");
  const give = (value: unknown): void => session.answer(question, value);
  const choices = question.choices;
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
          {choices.map((choice, at) => (
            <Button key={choice} label={choice} worded look={at === 0 ? "main" : "plain"} onClick={() => give(choice)} />
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
