/** One command on its way: its id is made at the tap and stays the same until the log has it. */
import type { CommandBodies } from '../wire/types.generated';

export type CommandKind = keyof CommandBodies;

/** A refused command: `code` as the server names it, and what it offers instead. */
export interface Refused {
  code: string;
  message: string;
  field?: string;
  /** When the same may be tried again, device ms, if time alone helps. */
  until?: number;
}

interface Command<K extends CommandKind> {
  id: string;
  /** Whose it is: nothing is ever sent for another player. */
  u: string;
  /** The squad whose stream it goes to; absent: not a squad's. */
  s?: string;
  k: K;
  b: CommandBodies[K];
  /** When it was tapped, device ms. */
  at: number;
}

type AnyCommand = { [K in CommandKind]: Command<K> }[CommandKind];

export type Progress =
  /** `until`: the server asked to wait, device ms. */
  | { status: 'queued'; until?: number }
  | { status: 'sending' }
  /** Committed; `n` is the place of its last event, if that is in a squad we follow. */
  | { status: 'saved'; n?: number }
  | { status: 'needs-you'; refused: Refused };

export type OutboxEntry = AnyCommand & { progress: Progress };

/** The final word on a command. */
export type Answer = { isOk: true; s?: string; b: unknown } | { isOk: false; refused: Refused };

/** Refused for now: the same id goes again. Anything else is final, and trying again is a new id. */
export function isFinal(code: string): boolean {
  return !['BUSY', 'INTERNAL', 'UNAUTHENTICATED'].includes(code);
}

/** The stream an entry waits in; one is in flight per stream. */
export function streamOf(entry: OutboxEntry): string {
  return entry.s ?? '';
}
