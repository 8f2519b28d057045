/** The keyboard is never left nowhere: a control that goes away with the focus gives it to the drawing. */
import { useEffect } from "react";
import type { Editor } from "./state.ts";

/** The keyboard goes back to the drawing. */
export function backToGround(editor: Editor): void {
  editor.root?.querySelector<HTMLElement>(".pf-ground")?.focus({ preventScroll: true });
}

/** Watch the controls of an editor. */
export function useFocusKept(editor: Editor): void {
  useEffect(() => {
    const { root } = editor;
    if (!root) return undefined;
    let last: Element | null = null;
    const look = (): void => {
      if (!last || last.isConnected) return;
      last = null;
      if (document.activeElement === document.body) backToGround(editor);
    };
    const came = ({ target }: FocusEvent): void => {
      last = target as Element;
    };
    // browsers differ in whether what is taken away says that it has lost the focus
    const went = ({ target }: FocusEvent): void => void setTimeout(() => {
      if (target !== last) return;
      if (last?.isConnected) last = null;
      else look();
    });
    const observer = new MutationObserver(look);
    root.addEventListener("focusin", came);
    root.addEventListener("focusout", went);
    observer.observe(root, { childList: true, subtree: true });
    return () => {
      root.removeEventListener("focusin", came);
      root.removeEventListener("focusout", went);
      observer.disconnect();
    };
  }, [editor]);
}

/** Give a card the keyboard; its element, if it is drawn. */
export function focusCard(editor: Editor, id: string): HTMLElement | null {
  const node = editor.root?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`) ?? null;
  node?.focus({ preventScroll: true });
  return node;
}
