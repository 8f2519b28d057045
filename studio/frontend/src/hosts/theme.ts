/** Whether the page around the canvas is light or dark, and how to hear that it changed. */

export type Mode = "light" | "dark";

/** What the page around an element says: Streamlit's colours, Jupyter's mark, a class, the system. */
export function modeAround(element: Element): Mode {
  const colour = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const light = lightness(colour);
  if (light !== null) return light < 0.5 ? "dark" : "light";
  const { body, documentElement } = document;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false" ? "dark" : "light";
  const said = `${body.dataset.vscodeThemeKind ?? ""} ${documentElement.dataset.theme ?? ""} ${body.dataset.theme ?? ""}`;
  const classes = `${body.className} ${documentElement.className}`;
  if (/dark/.test(said) || /\bdark\b/.test(classes)) return "dark";
  if (/light/.test(said) || /\blight\b/.test(classes)) return "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** How light a CSS colour is, from 0 to 1; null for what is none. */
function lightness(colour: string): number | null {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(colour)?.[1];
  if (hex) {
    const digits = hex.length < 6 ? [...hex].map((digit) => digit + digit).join("") : hex;
    return brightness([0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)));
  }
  const parts = /^rgba?\(([^)]+)\)$/.exec(colour)?.[1];
  return parts ? brightness(parts.split(/[\s,/]+/).map(Number)) : null;
}

function brightness([red = 0, green = 0, blue = 0]: readonly number[]): number {
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

/** Call back when the page's choice may have changed; gives what ends it. */
export function watchMode(element: Element, changed: (mode: Mode) => void): () => void {
  const look = (): void => changed(modeAround(element));
  const observer = new MutationObserver(look);
  const options = { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-light", "data-vscode-theme-kind"] };
  observer.observe(document.documentElement, options);
  observer.observe(document.body, options);
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", look);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", look);
  };
}
