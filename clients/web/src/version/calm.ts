/** Whether the page may load itself anew without anybody being in the middle of something. Pure. */
import type { OutboxEntry } from '../outbox/entry';

export interface Moment {
  outbox: readonly OutboxEntry[];
  /** Tapped or typed into since it was loaded. */
  isTouched: boolean;
  isHidden: boolean;
  /** A text or a dialog is open. */
  isTyping: boolean;
  /** When this tab last did so, ms; null: never; undefined: it cannot know. */
  reloadedAt: number | null | undefined;
  now: number;
}

/** A second reload of its own is not within this: two servers with two versions must not make a page spin. */
const ONCE_IN_MS = 10 * 60_000;

export function mayReload({ outbox, isTouched, isHidden, isTyping, reloadedAt, now }: Moment): boolean {
  if (reloadedAt === undefined || (reloadedAt !== null && now - reloadedAt < ONCE_IN_MS)) return false;
  const isInFlight = outbox.some(({ progress: { status } }) => status === 'queued' || status === 'sending');
  return (isHidden || !isTouched) && !isTyping && !isInFlight;
}
