/** Small controls that everything else is made of. */
import { type ButtonHTMLAttributes, type ReactNode, type Ref, useLayoutEffect, useRef } from "react";
import { Icon } from "./icons.tsx";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: string;
  /** What it does, for a tooltip and for a screen reader. */
  label: string;
  keys?: string;
  /** Whether the label is written on it. */
  worded?: boolean;
  look?: "plain" | "main" | "quiet" | "danger";
}

export function Button({ icon, label, keys, worded, look = "quiet", ...rest }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      className={`pf-button pf-${look}${worded ? "" : " pf-square"}`}
      title={keys ? `${label} (${keys})` : label}
      aria-label={label}
      {...rest}
    >
      {icon && <Icon name={icon} />}
      {worded && <span>{label}</span>}
    </button>
  );
}

/** A heading with what it is about below, as panels are made of. */
export function Section({ title, children, aside, place }: { title: string; children: ReactNode; aside?: ReactNode; place?: Ref<HTMLDivElement> }): ReactNode {
  return (
    <section className="pf-section" ref={place}>
      <header>
        <h3>{title}</h3>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A sheet over the canvas that keeps the focus until it is closed. */
export function Sheet({ title, onClose, children }: { title: string; onClose(): void; children: ReactNode }): ReactNode {
  const dialog = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const before = (dialog.current?.getRootNode() as Document | ShadowRoot).activeElement;
    const first = dialog.current?.querySelector<HTMLElement>("input, textarea, select, .pf-main");
    (first ?? dialog.current)?.focus();
    return () => (before as HTMLElement | null)?.focus?.({ preventScroll: true });
  }, []);
  return (
    <div className="pf-veil" onPointerDown={(event) => event.target === event.currentTarget && onClose()}>
      <div
        ref={dialog}
        className="pf-sheet"
        role="dialog"
        aria-modal="true"
        aria-label={title}
        tabIndex={-1}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
          if (event.key === "Tab") keepInside(event.nativeEvent, dialog.current);
          event.stopPropagation();
        }}
      >
        <header>
          <h2>{title}</h2>
          <Button icon="close" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </div>
  );
}

function keepInside(event: KeyboardEvent, around: HTMLElement | null): void {
  const stops = [...(around?.querySelectorAll<HTMLElement>("button, input, textarea, select, [tabindex='0']") ?? [])];
  const shown = stops.filter((stop) => stop.offsetParent !== null);
  const edge = event.shiftKey ? shown[0] : shown.at(-1);
  const active = (around?.getRootNode() as Document | ShadowRoot | undefined)?.activeElement;
  if (active !== edge) return;
  event.preventDefault();
  (event.shiftKey ? shown.at(-1) : shown[0])?.focus();
}

/** A status as a dot; its word stands beside it or in its title. */
export function Dot({ status }: { status: string }): ReactNode {
  return <span className={`pf-dot pf-s-${status}`} aria-hidden="true" />;
}
