/** What the wire needs from outside, as small interfaces: the browser gives real ones, tests give hand-made ones. */
import type { ClientMessage, ServerMessage } from './types.generated';

export type Cancel = () => void;

export interface Clock {
  /** Unix ms as this device believes it. */
  now(): number;
  after(delayMs: number, run: () => void): Cancel;
}

export interface Socket {
  send(message: ClientMessage): void;
  close(code?: number, reason?: string): void;
}

export interface SocketEvents {
  opened(): void;
  /** Null: what is no message that we know. */
  received(message: ServerMessage | null): void;
  closed(code: number, reason: string): void;
}

/** What a browser reports for a connection that broke; ours for one that fell silent or cannot be read. */
export const BROKEN = 1006;

export type OpenSocket = (events: SocketEvents) => Socket;

/** In [0, 1). */
export type Random = () => number;

export const browserClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = window.setTimeout(run, delayMs);
    return () => {
      window.clearTimeout(timer);
    };
  },
};
