/** Keep the parts of an old value that a new one repeats, so that only what changed is drawn. */

/** Give `next`, with every part that equals its counterpart in `before` taken from there. */
export function share<T>(before: unknown, next: T): T {
  if (Object.is(before, next) || typeof next !== "object" || next === null) return next;
  if (typeof before !== "object" || before === null) return next;
  if (Array.isArray(next)) return shareList(before, next) as T;
  if (Array.isArray(before)) return next;
  return shareMap(before as Table, next as Table) as T;
}

type Table = { [key: string]: unknown };

function shareMap(before: Table, next: Table): Table {
  const keys = Object.keys(next);
  let same = keys.length === Object.keys(before).length;
  const made: Table = {};
  for (const key of keys) {
    made[key] = share(before[key], next[key]);
    same &&= key in before && Object.is(made[key], before[key]);
  }
  return same ? before : made;
}

function shareList(before: object, next: readonly unknown[]): readonly unknown[] {
  const old: readonly unknown[] = Array.isArray(before) ? before : [];
  const byId = new Map(old.flatMap((item) => (idOf(item) === null ? [] : [[idOf(item), item]])));
  const made = next.map((item, at) => {
    const id = idOf(item);
    return share(id === null ? old[at] : byId.get(id), item);
  });
  const same = made.length === old.length && made.every((item, at) => Object.is(item, old[at]));
  return same ? old : made;
}

function idOf(item: unknown): string | null {
  const id = typeof item === "object" && item !== null ? (item as Table).id : null;
  return typeof id === "string" ? id : null;
}
