/**
 * The name of an editor, and where its unsent edits are kept.
 *
 * A page that is loaded again finds what its predecessor left, takes its name on and sends it. A
 * lock tells whether that predecessor lives on in another tab; then this page is an editor anew.
 */
import { type Keep, memoryKeep, newName } from "../model/outbox.ts";

export interface Identity {
  readonly client: string;
  readonly key: string;
  readonly keep: Keep;
}

const held = new Set<string>();

/** Find or make up the editor of a pipeline; `place` tells workspaces on one address apart. */
export async function identify(place: string, pipeline: string): Promise<Identity> {
  const prefix = `packetflow:${place}:${pipeline}:`;
  const keep = storage();
  for (const key of keysOf(keep, prefix)) {
    if (await claim(key)) return { client: key.slice(prefix.length), key, keep };
  }
  const client = newName();
  const key = prefix + client;
  await claim(key);
  return { client, key, keep };
}

/** This page uses the name no longer, but lives on. */
export function release(identity: Identity): void {
  held.delete(identity.key);
}

/** What the browser keeps for our pages; only in memory where it keeps nothing. */
export function storage(): Keep {
  try {
    localStorage.getItem("packetflow");
    return localStorage;
  } catch {
    return memoryKeep();
  }
}

function keysOf(keep: Keep, prefix: string): string[] {
  return "length" in keep ? Object.keys(keep).filter((key) => key.startsWith(prefix)).sort() : [];
}

/** Take a name for as long as this page lives; false where another page has it. */
async function claim(key: string): Promise<boolean> {
  if (held.has(key)) return false;
  if (locked.has(key) || !("locks" in navigator)) {
    held.add(key);
    return true;
  }
  return new Promise((resolve) => {
    const taken = navigator.locks.request(key, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      if (lock === null) return undefined;
      held.add(key);
      locked.add(key);
      return new Promise<void>(() => undefined);
    });
    taken.catch(() => resolve(false));
  });
}

const locked = new Set<string>();
