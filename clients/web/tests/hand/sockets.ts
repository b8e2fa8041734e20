/** Sockets whose other end is the test: it opens them, speaks, and drops them. */
import type { OpenSocket, Socket, SocketEvents } from '../../src/wire/ports';
import type { ClientMessage, ServerMessage, Welcome } from '../../src/wire/types.generated';

export class HandSocket implements Socket {
  readonly sent: ClientMessage[] = [];
  isClosed = false;

  constructor(private readonly events: SocketEvents) {}

  send(message: ClientMessage): void {
    this.sent.push(message);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.events.opened();
  }

  say(message: ServerMessage): void {
    this.events.received(message);
  }

  drop(code = 1006, reason = ''): void {
    this.events.closed(code, reason);
  }

  welcome(s: Record<string, number> = {}, u = 'PLAYER'): void {
    const now = 1_700_000_000_000;
    const welcome: Welcome = { t: 'welcome', v: 1, u, l: 'LOG', now, exp: now, ping: 25_000, max: 16_384, s };
    this.open();
    this.say(welcome);
  }
}

export class HandSockets {
  readonly all: HandSocket[] = [];

  readonly openSocket: OpenSocket = (events) => {
    const socket = new HandSocket(events);
    this.all.push(socket);
    return socket;
  };

  get last(): HandSocket {
    const socket = this.all.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }
}
