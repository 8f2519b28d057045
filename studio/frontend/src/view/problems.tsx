/** Problems as a list: what, where, and what mends them. */
import type { ReactNode } from "react";
import { edit, select } from "./actions.ts";
import { Button } from "./controls.tsx";
import { Icon } from "./icons.tsx";
import { useEditor, useShown } from "./state.ts";

/** All problems, or those of one step. */
export function ProblemList({ step }: { step?: string }): ReactNode {
  const editor = useEditor();
  const all = useShown((shown) => shown.board.problems);
  const problems = step === undefined ? all : all.filter((problem) => problem.step === step);
  if (problems.length === 0) return step === undefined ? <p className="pf-none">Everything fits.</p> : null;
  return (
    <ul className="pf-problems">
      {problems.map((problem) => (
        <li key={`${problem.code} ${problem.step} ${problem.name} ${problem.message}`} className={`pf-${problem.severity}`}>
          <Icon name="problem" size={15} />
          <div>
            <p>{problem.message}</p>
            <div className="pf-row">
              {step === undefined && problem.step && (
                <button type="button" className="pf-link" onClick={() => select(editor, problem.step, { look: true })}>
                  Show {problem.step}
                </button>
              )}
              {problem.fix && !editor.readOnly && (
                <Button label={problem.fix.text} worded look="plain" onClick={() => problem.fix && edit(editor, problem.fix.operation)} />
              )}
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}
