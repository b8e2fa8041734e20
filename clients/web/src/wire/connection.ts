/** Keeps one live link to the server: reconnects with jitter, moves on when a node drains, stops at 44xx. */
import { Link } from './link';
import type { LinkPorts } from './link';
import type { Cancel, Random } from './ports';
import { askedWaitMs, mayReconnect, reconnectDelayMs } from './reconnect';
import type { ClientMessage, Drain, ServerMessage } from './types.generated';

export type ConnectionStatus =
  | { at: 'idle' }
  | { at: 'connecting' }
  | { at: 'open' }
  | { at: 'waiting' }
  | { at: 'stopped'; closeCode: number; reason: string };

export interface ConnectionPorts extends LinkPorts {
  random: Random;
  received(message: ServerMessage, named: ReadonlySet<string>): void;
  changed(status: ConnectionStatus): void;
}

/** A link that lived this long was good: the next failure counts from zero again. */
const GOOD_AFTER_MS = 10_000;
/** How long a move waits that did not work: as after so many failures, up to 2 s. */
const MOVES_AGAIN = 2;

export class Connection {
  private current: Link | null = null;
  /** While a node drains: the link to the next one, until it is welcomed. */
  private next: Link | null = null;
  /** And then the old one, until the new one is live. */
  private previous: Link | null = null;
  /** When the node that drains closes. */
  private moveBy = 0;
  private notYetLive = new Set<string>();
  private failures = 0;
  private cancelTimer: Cancel = () => undefined;
  private status: ConnectionStatus = { at: 'idle' };

  constructor(private readonly ports: ConnectionPorts) {}

  start(): void {
    if (this.current === null) this.open();
  }

  /** Begins anew at once: after signing in, or when another player turned out to be here. */
  restart(): void {
    this.drop();
    this.failures = 0;
    this.open();
  }

  /** The net may be back, or the page is looked at again: no more waiting. */
  nudge(): void {
    if (this.current !== null) this.current.checkLife();
    else if (this.status.at === 'waiting') this.open();
  }

  /** No socket until it is started again: whoever was here is not here any more. */
  stop(): void {
    this.drop();
    this.change({ at: 'idle' });
  }

  send(message: ClientMessage): void {
    if (this.status.at === 'open') this.current?.send(message);
  }

  private open(): void {
    this.cancelTimer();
    this.change(this.failures === 0 ? { at: 'connecting' } : { at: 'waiting' });
    this.current = this.newLink();
  }

  private newLink(): Link {
    return new Link(this.ports, {
      message: (link, message) => {
        this.message(link, message);
      },
      closed: (link, code, reason) => {
        this.closed(link, code, reason);
      },
    });
  }

  private message(link: Link, message: ServerMessage): void {
    if (message.t === 'welcome') this.welcomed(link, message.s);
    if (message.t === 'drain') this.drain(message);
    if (message.t === 'live' && link === this.current) this.live(message.s);
    this.ports.received(message, link.named);
  }

  private welcomed(link: Link, heads: Record<string, number>): void {
    if (link === this.next) {
      this.previous = this.current;
      this.current = link;
      this.next = null;
      this.notYetLive = new Set([...link.named].filter((squad) => (heads[squad] ?? -1) >= 0));
      this.leavePreviousWhenLive();
    }
    this.change({ at: 'open' });
  }

  private live(squad: string): void {
    this.notYetLive.delete(squad);
    this.leavePreviousWhenLive();
  }

  private leavePreviousWhenLive(): void {
    if (this.notYetLive.size > 0) return;
    this.previous?.leave();
    this.previous = null;
  }

  private drain({ by, lo, hi }: Drain): void {
    if (this.next !== null || this.previous !== null) return;
    this.moveBy = this.ports.clock.now() + by;
    this.moveAfter(lo + this.ports.random() * (hi - lo));
  }

  private moveAfter(delayMs: number): void {
    this.cancelTimer();
    this.cancelTimer = this.ports.clock.after(delayMs, () => {
      this.next ??= this.newLink();
    });
  }

  private closed(link: Link, code: number, reason: string): void {
    if (link === this.next) {
      // The old link still serves: another try, unless that would end first anyway.
      this.next = null;
      const delayMs = askedWaitMs(reason) + reconnectDelayMs(MOVES_AGAIN, this.ports.random);
      if (mayReconnect(code) && this.ports.clock.now() + delayMs < this.moveBy) this.moveAfter(delayMs);
    }
    if (link === this.previous) this.previous = null;
    if (link !== this.current) return;
    this.drop();
    if (!mayReconnect(code)) {
      this.change({ at: 'stopped', closeCode: code, reason });
      return;
    }
    const wasGood = link.welcomedAt !== null && this.ports.clock.now() - link.welcomedAt >= GOOD_AFTER_MS;
    if (wasGood) this.failures = 0;
    const delayMs = askedWaitMs(reason) + reconnectDelayMs(this.failures, this.ports.random);
    this.failures += 1;
    this.change({ at: 'waiting' });
    this.cancelTimer = this.ports.clock.after(delayMs, () => {
      this.open();
    });
  }

  private drop(): void {
    this.cancelTimer();
    for (const link of [this.current, this.next, this.previous]) link?.leave();
    this.current = this.next = this.previous = null;
    this.notYetLive.clear();
  }

  private change(status: ConnectionStatus): void {
    if (status.at === this.status.at && status.at !== 'stopped') return;
    this.status = status;
    this.ports.changed(status);
  }
}
