/** The kinds of steps of our own that can be put in. */
export interface Kind {
  readonly kind: string;
  readonly icon: string;
  readonly text: string;
  readonly about: string;
}

const KINDS: readonly Kind[] = [
  { kind: "when", icon: "branch", text: "Choose", about: "One way or another, by a condition" },
  { kind: "each", icon: "each", text: "For each", about: "The same steps for every item of a list" },
  { kind: "parallel", icon: "parallel", text: "Together", about: "Steps that need not wait for each other" },
  { kind: "repeat", icon: "repeat", text: "Repeat", about: "Until a condition holds" },
  { kind: "fallback", icon: "fallback", text: "Fallback", about: "The next one where one fails" },
  { kind: "race", icon: "race", text: "Race", about: "The first result counts" },
  { kind: "approve", icon: "wait", text: "Ask", about: "A person; wait for the answer" },
  { kind: "wait", icon: "wait", text: "Wait", about: "For an event" },
];

/** Those that go by what is typed, and those that only speak of it. */
export function kindsFor(text: string): [named: readonly Kind[], others: readonly Kind[]] {
  const words = text.trim().toLowerCase();
  const named = KINDS.filter((kind) => kind.text.toLowerCase().startsWith(words) || kind.kind.startsWith(words));
  return [named, KINDS.filter((kind) => !named.includes(kind) && kind.about.toLowerCase().includes(words))];
}
