/** What the wire needs from outside, as small interfaces: the browser gives real ones, tests give hand-made ones. */

export type Cancel = () => void;

export interface Clock {
  /** Unix ms as this device believes it. */
  now(): number;
  after(delayMs: number, run: () => void): Cancel;
}

export interface Socket {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export interface SocketEvents {
  opened(): void;
  received(bytes: Uint8Array): void;
  closed(code: number, reason: string): void;
}

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

const SUBPROTOCOL = 'gutsy.v1';

/** The socket of this page's own origin. */
export const openBrowserSocket: OpenSocket = (events) => {
  const url = new URL('/ws', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, SUBPROTOCOL);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    events.opened();
  };
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) events.received(new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }) => {
    events.closed(code, reason);
  };
  return socket;
};
