/** A list with a search field, to choose one thing by a few letters and Enter. */
import { type CSSProperties, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Icon } from "./icons.tsx";

export interface Choice {
  readonly key: string;
  readonly text: string;
  readonly hint?: string;
  readonly icon?: string;
}

interface ChooserProps {
  title: string;
  placeholder: string;
  /** What is offered for a text; called again with every change of it. */
  offer(text: string): readonly Choice[] | Promise<readonly Choice[]>;
  onChoose(key: string): void;
  onClose(): void;
  /** The choice that Enter would take. */
  onMean?(key: string | null): void;
  empty: string;
  style?: CSSProperties;
}

export function Chooser({ title, placeholder, offer, onChoose, onClose, onMean, empty, style }: ChooserProps): ReactNode {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [offers, setOffers] = useState<{ of: string; found: readonly Choice[] } | null>(null);
  const choices = offers?.found;
  const awaited = useRef(false);
  const offered = useRef(offer);
  offered.current = offer;
  useEffect(() => {
    let current = true;
    void Promise.resolve(offered.current(text)).then((found) => {
      if (current) setOffers({ of: title + text, found });
    });
    setAt(0);
    return () => {
      current = false;
    };
  }, [text, title]);
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
  }, [title]);
  const meant = choices?.[at]?.key ?? null;
  useEffect(() => {
    onMean?.(meant); // what it gives is no clean-up
  }, [meant]);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const count = choices?.length ?? 0;
  const step = (by: number): void => setAt(count ? (at + by + count) % count : 0);
  const keys: { readonly [key: string]: () => void } = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: onClose,
    Enter: () => {
      if (offers?.of === title + text) return meant !== null && onChoose(meant);
      // typed faster than was looked up; a second Enter is not another choice
      if (awaited.current) return;
      awaited.current = true;
      void Promise.resolve(offered.current(text)).then(([first]) => {
        awaited.current = false;
        if (first) onChoose(first.key);
      });
    },
  };
  return (
    <div
      className="pf-chooser"
      style={style}
      role="dialog"
      aria-label={title}
      onKeyDown={(event) => {
        event.stopPropagation();
        const act = keys[event.key];
        if (!act) return;
        event.preventDefault();
        act();
      }}
      onBlur={(event) => {
        // a list that is just taken away, for another one maybe, has no field any more
        if (field.current && !event.currentTarget.contains(event.relatedTarget)) onClose();
      }}
    >
      <h2>{title}</h2>
      <input
        ref={field}
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={meant === null ? undefined : `${id}-${at}`}
        aria-label={title}
        placeholder={placeholder}
        value={text}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
      <ul role="listbox" id={`${id}-list`} aria-label={title} ref={list}>
        {choices?.map((choice, index) => (
          <li
            key={choice.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => index !== at && setAt(index)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onChoose(choice.key)}
          >
            {choice.icon && <Icon name={choice.icon} />}
            <span>{choice.text}</span>
            {choice.hint && <small>{choice.hint}</small>}
          </li>
        ))}
      </ul>
      {choices?.length === 0 && <p className="pf-none">{empty}</p>}
    </div>
  );
}

/** Of choices, those in which every word occurs. */
export function filterChoices(choices: readonly Choice[], text: string): readonly Choice[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return choices.filter((choice) => {
    const said = `${choice.text} ${choice.hint ?? ""}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}
