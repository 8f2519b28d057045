/** The kinds of steps of our own that can be put in, and words that find them. */
export interface Kind {
  readonly kind: string;
  readonly icon: string;
  readonly text: string;
  readonly about: string;
  /** What others call it. */
  readonly also: string;
}

const KINDS: readonly Kind[] = [
  { kind: "when", icon: "branch", text: "Choose", about: "One way or another, by a condition", also: "if branch switch case condition when" },
  { kind: "each", icon: "each", text: "For each", about: "The same steps for every item of a list", also: "loop map iterate" },
  { kind: "parallel", icon: "parallel", text: "Together", about: "Steps that need not wait for each other", also: "parallel concurrent" },
  { kind: "repeat", icon: "repeat", text: "Repeat", about: "Until a condition holds", also: "loop while until" },
  { kind: "fallback", icon: "fallback", text: "Fallback", about: "The next one where one fails", also: "else catch error" },
  { kind: "race", icon: "race", text: "Race", about: "The first result counts", also: "fastest" },
  { kind: "approve", icon: "wait", text: "Ask", about: "A person; wait for the answer", also: "approve approval human question" },
  { kind: "wait", icon: "wait", text: "Wait", about: "For an event", also: "event signal" },
];

/** Those of which the words speak. */
export function kindsFor(text: string): readonly Kind[] {
  const words = text.trim().toLowerCase();
  return KINDS.filter((kind) => `${kind.text} ${kind.about} ${kind.also}`.toLowerCase().includes(words));
}

/** Whether the words name one of these kinds, and are not only about it. */
export function areNamed(kinds: readonly Kind[], text: string): boolean {
  const words = text.trim().toLowerCase();
  return kinds.some((kind) => ` ${kind.text} ${kind.also}`.toLowerCase().includes(` ${words}`));
}
