/** A form control for a value, from its JSON Schema. Typing is one edit: when it is left, or pauses. */
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { type Control, controlFor, readTyped, written } from "../model/forms.ts";
import type { Schema } from "../model/protocol.ts";
import { Burst } from "../model/typing.ts";
import { Button } from "./controls.tsx";

interface ValueProps {
  label: string;
  schema: Schema;
  /** The schema that references in `schema` are about. */
  whole?: Schema;
  value: unknown;
  placeholder?: string;
  help?: string;
  secret?: boolean;
  disabled?: boolean;
  /** Its heading stands elsewhere. */
  bare?: boolean;
  /** What stands beside the label, such as a type. */
  aside?: ReactNode;
  onChange(value: unknown): void;
  /** Why what is typed means no value; empty when it does again. */
  onWrong?(message: string): void;
}

const timer = {
  set: (run: () => void, milliseconds: number): unknown => setTimeout(run, milliseconds),
  clear: (id: unknown): void => clearTimeout(id as number),
};

export function Value(props: ValueProps): ReactNode {
  const { label, schema, whole = schema, help, aside } = props;
  const id = useId();
  const control = useMemo(() => controlFor(schema, whole), [schema, whole]);
  const nested = control.kind === "object" || (control.kind === "list" && isPlain(props.value));
  return (
    <div className="pf-field">
      {!props.bare && (
        <div className="pf-label">
          <label htmlFor={id}>{label}</label>
          {aside}
        </div>
      )}
      {nested && !props.secret ? (
        <Nested {...props} control={control} whole={whole} id={id} />
      ) : (
        <Single {...props} control={control} id={id} />
      )}
      {help && <p className="pf-help" id={`${id}-help`}>{help}</p>}
    </div>
  );
}

function isPlain(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value);
}

type Inner = ValueProps & { control: Control; id: string };

function Single(props: Inner): ReactNode {
  const { control, id, value, disabled, onChange, placeholder, help } = props;
  const described = help ? `${id}-help` : undefined;
  if (control.kind === "boolean" || control.kind === "choice") {
    const choices = control.kind === "boolean" ? [true, false] : control.choices;
    return (
      <select
        id={id}
        disabled={disabled}
        aria-describedby={described}
        value={value === undefined || value === null ? "" : written(value)}
        onChange={(event) => {
          const read = readTyped(control, event.target.value);
          if (read.ok) onChange(event.target.value === "" ? undefined : read.value);
        }}
      >
        <option value="">{placeholder || "not set"}</option>
        {choices.map((choice) => (
          <option key={written(choice)} value={written(choice)}>{sayChoice(choice)}</option>
        ))}
      </select>
    );
  }
  return <TypedValue {...props} described={described} />;
}

function sayChoice(choice: unknown): string {
  return choice === true ? "yes" : choice === false ? "no" : written(choice);
}

function TypedValue({ control, id, value, placeholder, secret, disabled, onChange, onWrong, described }: Inner & { described: string | undefined }): ReactNode {
  const [text, setText] = useState(() => written(value, control));
  const [wrong, setWrong] = useState("");
  const change = useRef(onChange);
  change.current = onChange;
  const tell = useRef(onWrong);
  tell.current = onWrong;
  const burst = useMemo(() => new Burst<string>((typed) => {
    const read = readTyped(control, typed);
    setWrong(read.ok ? "" : read.message);
    tell.current?.(read.ok ? "" : read.message);
    if (read.ok) change.current(read.value);
  }, timer), [control]);
  const known = written(value, control);
  // what others changed shows at once, but not into what is being typed
  useEffect(() => {
    if (!burst.waits) setText(known);
  }, [known, burst]);
  useEffect(() => () => burst.flush(), [burst]);
  const shared = {
    id,
    disabled,
    placeholder,
    value: text,
    spellCheck: false,
    "aria-describedby": described,
    "aria-invalid": wrong !== "" || undefined,
    onBlur: () => burst.flush(),
    onChange: (event: { target: { value: string } }) => {
      setText(event.target.value);
      burst.type(event.target.value);
    },
  };
  const long = !secret && (text.includes("\n") || text.length > 60 || (control.kind === "text" && control.long));
  return (
    <>
      {long ? (
        <textarea {...shared} rows={Math.min(8, 2 + Math.floor(text.length / 40))} />
      ) : (
        <input
          {...shared}
          type={secret ? "password" : "text"}
          inputMode={control.kind === "number" ? "decimal" : undefined}
          autoComplete="off"
          onKeyDown={(event) => event.key === "Enter" && burst.flush()}
        />
      )}
      {wrong && <p className="pf-wrong" role="alert">{wrong}</p>}
    </>
  );
}

interface TypedProps {
  label: string;
  value: string;
  placeholder: string;
  disabled: boolean;
  onChange(text: string): void;
}

const PLAIN: Control = { kind: "text", long: false };

/** A line of text without a label in sight. */
export function Typed({ label, onChange, ...rest }: TypedProps): ReactNode {
  const id = useId();
  return (
    <>
      <label htmlFor={id} className="pf-said">{label}</label>
      <TypedValue {...rest} id={id} label={label} schema={{}} control={PLAIN} described={undefined} onChange={(text) => onChange(String(text ?? ""))} />
    </>
  );
}

function Nested({ control, whole, id, label, value, disabled, onChange }: Inner & { whole: Schema }): ReactNode {
  if (control.kind === "list") {
    const items = Array.isArray(value) ? value : [];
    const put = (at: number, item: unknown): void => {
      const next = items.map((old, index) => (index === at ? item : old)).filter((one) => one !== undefined);
      onChange(next.length ? next : undefined);
    };
    return (
      <div className="pf-nested" id={id} role="group" aria-label={label}>
        {items.map((item, at) => (
          <div className="pf-row" key={at}>
            <Value label={`${at + 1}`} schema={control.item} whole={whole} value={item} disabled={disabled} onChange={(next) => put(at, next ?? "")} />
            <Button icon="close" label={`Take out ${at + 1}`} disabled={disabled} onClick={() => put(at, undefined)} />
          </div>
        ))}
        <Button icon="add" label="Add an item" worded disabled={disabled} onClick={() => onChange([...items, firstOf(control.item)])} />
      </div>
    );
  }
  if (control.kind !== "object") return null;
  const table = (typeof value === "object" && value !== null ? value : {}) as { [name: string]: unknown };
  return (
    <div className="pf-nested" id={id} role="group" aria-label={label}>
      {control.fields.map((field) => (
        <Value
          key={field.name}
          label={String(field.schema.title ?? field.name) + (field.required ? "" : " (optional)")}
          schema={field.schema}
          whole={whole}
          value={table[field.name]}
          disabled={disabled}
          onChange={(next) => {
            const { [field.name]: _old, ...rest } = table;
            const made = next === undefined ? rest : { ...table, [field.name]: next };
            onChange(Object.keys(made).length ? made : undefined);
          }}
        />
      ))}
    </div>
  );
}

function firstOf(schema: Schema): unknown {
  const { kind } = controlFor(schema);
  return kind === "number" ? 0 : kind === "boolean" ? false : kind === "list" ? [] : kind === "object" ? {} : "";
}
