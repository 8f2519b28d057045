/** What a way of carrying messages offers to the canvas. */
import type { Session } from "../model/session.ts";

export interface Carrier {
  /** Connect the session, and keep it connected. */
  start(session: Session): void;
  stop(): void;
}
