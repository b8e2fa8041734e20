/** One socket and its signs of life: says hello, answers pings, and is declared dead when it falls silent. */
import { BROKEN } from './ports';
import type { Cancel, Clock, OpenSocket, Socket } from './ports';
import type { ClientMessage, Hello, ServerMessage } from './types.generated';

export interface LinkPorts {
  clock: Clock;
  openSocket: OpenSocket;
  hello(): Hello;
}

export interface LinkEvents {
  message(link: Link, message: ServerMessage): void;
  /** Once at most, also when the link itself gave up. */
  closed(link: Link, code: number, reason: string): void;
}

/** Time for the handshake and the welcome. */
export const WELCOME_WITHIN_MS = 15_000;
/** Silence beyond the ping's own rhythm. */
export const GRACE_MS = 10_000;
export class Link {
  welcomedAt: number | null = null;
  /** Squads named in this link's hello. */
  readonly named: ReadonlySet<string>;

  private readonly socket: Socket;
  private readonly hello: Hello;
  private heardAt: number;
  private silenceMs = WELCOME_WITHIN_MS;
  private cancelWatch: Cancel;
  private isOver = false;

  constructor(
    private readonly ports: LinkPorts,
    private readonly events: LinkEvents,
  ) {
    this.hello = ports.hello();
    this.named = new Set(Object.keys(this.hello.s));
    this.heardAt = ports.clock.now();
    this.cancelWatch = this.watch();
    this.socket = ports.openSocket({
      opened: () => {
        this.send(this.hello);
      },
      received: (message) => {
        this.receive(message);
      },
      closed: (code, reason) => {
        this.end(code, reason);
      },
    });
  }

  send(message: ClientMessage): void {
    if (!this.isOver) this.socket.send(message);
  }

  /** Leaves quietly: nobody is told. */
  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancelWatch();
    this.socket.close(1000);
  }

  /** Ends the link if it has been silent for too long; timers sleep when a phone does, so waking up asks too. */
  checkLife(): void {
    if (this.isOver || this.ports.clock.now() - this.heardAt < this.silenceMs) return;
    this.socket.close(1000);
    this.end(BROKEN, 'silent');
  }

  private receive(message: ServerMessage | null): void {
    if (this.isOver) return;
    this.heardAt = this.ports.clock.now();
    if (message === null) return;
    if (message.t === 'welcome') {
      this.welcomedAt = this.heardAt;
      this.silenceMs = message.ping + GRACE_MS;
      this.cancelWatch();
      this.cancelWatch = this.watch();
    }
    if (message.t === 'ping') this.send({ t: 'pong' });
    this.events.message(this, message);
  }

  private watch(): Cancel {
    const restMs = this.heardAt + this.silenceMs - this.ports.clock.now();
    return this.ports.clock.after(Math.max(restMs, 1), () => {
      this.checkLife();
      if (!this.isOver) this.cancelWatch = this.watch();
    });
  }

  private end(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancelWatch();
    this.events.closed(this, code, reason);
  }
}
