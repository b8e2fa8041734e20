/**
 * From messages to changes: one cursor per squad, so that every event is applied once, in order, without a gap.
 * The connection calls `hello` and `receive`; it dispatches changes and feeds the outbox.
 */
import type { Change } from '../state/changes';
import type { SquadEvent } from '../state/fold-squad';
import { isFinal } from '../outbox/entry';
import type { Outbox } from '../outbox/outbox';
import { cursorAt, receive, receiveSnap } from './cursor';
import type { Cursor, Numbered, Step } from './cursor';
import type { Clock } from './ports';
import { joinSnapParts } from './snap-parts';
import type { ClientMessage, Err, Ev, Evs, Hello, ServerMessage, Snap, Welcome } from './types.generated';

export interface SyncPorts {
  clock: Clock;
  clientId: string;
  newId(): string;
  send(message: ClientMessage): void;
  dispatch(change: Change): void;
  outbox: Pick<Outbox, 'ready' | 'ack' | 'err' | 'reached'>;
  /** Another player is signed in here than we thought. */
  otherPlayer(player: string): void;
  /** The session is about to end, or was not good for a command: a new ticket is wanted. */
  ticketWanted(): void;
}

/** How long this client may be behind the heads of a ping before it asks again. */
export const BEHIND_FOR_MS = 2000;

export class Sync {
  private player: string | null = null;
  private log: string | null = null;
  private ticket: string | null = null;
  private cursors = new Map<string, Cursor<SquadEvent>>();
  /** Where the last `sub` of a squad asked from: it is not asked twice from the same place. */
  private readonly asked = new Map<string, number | null>();
  /** Subs not answered yet: squad by message id. */
  private readonly subs = new Map<string, string>();
  private readonly parts = new Map<string, Snap[]>();

  constructor(private readonly ports: SyncPorts) {}

  /** Begins with what this device remembers of a player; `log` null: nothing. */
  open(player: string | null, log: string | null, squads: ReadonlyMap<string, number>): void {
    this.player = player;
    this.log = log;
    this.ticket = null; // that of whoever was here before
    this.cursors = new Map([...squads].map(([squad, n]) => [squad, cursorAt(n)]));
    this.asked.clear();
    this.parts.clear();
  }

  get logId(): string | null {
    return this.log;
  }

  useTicket(ticket: string): void {
    this.ticket = ticket;
  }

  hello(): Hello {
    this.asked.clear();
    this.parts.clear(); // the rest of them went with the link before
    const s = Object.fromEntries([...this.cursors].map(([squad, { have }]) => [squad, have]));
    return {
      ...{ t: 'hello', v: 1, c: this.ports.clientId, s },
      ...(this.ticket === null ? {} : { a: this.ticket }),
      ...(this.log === null ? {} : { l: this.log }),
    };
  }

  /** `named`: the squads that the hello of this message's link asked for. */
  receive(message: ServerMessage, named: ReadonlySet<string>): void {
    switch (message.t) {
      case 'welcome':
        this.welcomed(message, named);
        break;
      case 'ev':
        this.take(message.s, [{ n: message.n, event: eventOf(message) }]);
        break;
      case 'evs':
        this.take(message.s, numberedOf(message));
        break;
      case 'snap':
        this.snap(message);
        break;
      case 'live':
        if (this.cursors.has(message.s)) this.ports.dispatch({ is: 'live', squad: message.s });
        break;
      case 'view':
        if (message.k === 'me') this.me(message);
        if (message.k === 'week' || message.k === 'battle') this.ofSquad(message);
        break;
      case 'ack':
        if (!this.subs.delete(message.id)) this.ports.outbox.ack(message, (squad) => this.have(squad));
        break;
      case 'err':
        this.err(message);
        break;
      case 'ping':
        this.compareHeads(message.h);
        break;
      case 'exp':
        this.ports.ticketWanted();
        break;
      case 'out':
        this.forget(message.s, message.why);
        break;
      case 'pres':
        if (this.cursors.has(message.s))
          this.ports.dispatch({ is: 'around', squad: message.s, around: message.b });
        break;
      case 'drain': // the connection's own business
        break;
      default:
        message satisfies never;
    }
  }

  /** Follows a squad of mine that the hello did not name: just created or joined. */
  follow(squad: string): void {
    if (!this.cursors.has(squad)) {
      this.cursors.set(squad, cursorAt(null));
      this.ports.dispatch({ is: 'followed', squad });
    }
    this.sub(squad);
  }

  private welcomed({ u, l, s, now }: Welcome, named: ReadonlySet<string>): void {
    if (u !== this.player) {
      this.ports.otherPlayer(u);
      return;
    }
    this.ticket = null; // it has done its work, and is good for minutes only
    if (l !== this.log) this.otherLog(l);
    this.asked.clear();
    this.ports.dispatch({ is: 'welcomed', serverNow: now, now: this.ports.clock.now() });
    for (const [squad, head] of Object.entries(s)) {
      if (head < 0) this.forget(squad);
      else if (!named.has(squad)) this.follow(squad);
    }
    this.ports.outbox.ready(true);
  }

  private otherLog(log: string): void {
    if (this.log !== null) this.ports.dispatch({ is: 'other-log' });
    this.log = log;
    this.cursors = new Map([...this.cursors.keys()].map((squad) => [squad, cursorAt(null)]));
  }

  private take(squad: string, items: readonly Numbered<SquadEvent>[]): void {
    let cursor = this.cursors.get(squad);
    if (cursor === undefined) return;
    const apply: Numbered<SquadEvent>[] = [];
    let isGap = false;
    for (const item of items) {
      const step: Step<SquadEvent> = receive(cursor, item);
      cursor = step.cursor;
      apply.push(...step.apply);
      isGap = step.isGap;
    }
    this.moved(squad, { cursor, apply, isGap });
  }

  private snap(part: Snap): void {
    const squad = part.s;
    const cursor = this.cursors.get(squad);
    if (cursor === undefined) return;
    const isOther = ({ n, p }: Snap): boolean => n === part.n && p?.[0] !== part.p?.[0];
    const parts = [...(this.parts.get(squad) ?? []).filter(isOther), part];
    if (parts.length < (part.p?.[1] ?? 1)) {
      this.parts.set(squad, parts);
      return;
    }
    this.parts.delete(squad);
    this.ports.dispatch({ is: 'snapped', squad, n: part.n, view: joinSnapParts(parts) });
    this.moved(squad, receiveSnap(cursor, part.n));
  }

  private moved(squad: string, { cursor, apply, isGap }: Step<SquadEvent>): void {
    this.cursors.set(squad, cursor);
    const last = apply.at(-1);
    if (last !== undefined) {
      const events = apply.flatMap(({ event }) => (event === null ? [] : [event]));
      this.ports.dispatch({ is: 'happened', squad, n: last.n, events });
    }
    if (cursor.have !== null) this.ports.outbox.reached(squad, cursor.have);
    if (isGap && cursor.have !== null) this.sub(squad);
  }

  private me({ r, b }: Extract<ServerMessage, { t: 'view'; k: 'me' }>): void {
    this.ports.dispatch({ is: 'me', r, view: b });
    for (const { s } of b.squads) if (!this.cursors.has(s)) this.follow(s);
  }

  private ofSquad({ s, k, r, b }: Extract<ServerMessage, { t: 'view'; k: 'week' | 'battle' }>): void {
    if (s !== undefined && this.cursors.has(s))
      this.ports.dispatch({ is: k, squad: s, r, view: b } as Extract<Change, { is: typeof k }>);
  }

  private err(message: Err): void {
    if (message.c === 'UNAUTHENTICATED') this.ports.ticketWanted();
    const squad = this.subs.get(message.id ?? '');
    if (squad === undefined) {
      this.ports.outbox.err(message);
      return;
    }
    this.subs.delete(message.id ?? '');
    this.asked.delete(squad);
    if (isFinal(message.c)) this.forget(squad);
    else this.ports.clock.after(message.w ?? BEHIND_FOR_MS, () => this.cursors.has(squad) && this.sub(squad));
  }

  private compareHeads(heads: Record<string, number>): void {
    for (const [squad, head] of Object.entries(heads)) {
      if (!this.isBehind(squad, head)) continue;
      this.ports.clock.after(BEHIND_FOR_MS, () => {
        if (!this.isBehind(squad, head)) return;
        this.asked.delete(squad);
        this.sub(squad);
      });
    }
  }

  private isBehind(squad: string, head: number): boolean {
    return this.cursors.has(squad) && (this.have(squad) ?? 0) < head;
  }

  private sub(squad: string): void {
    const have = this.have(squad);
    if (this.asked.has(squad) && this.asked.get(squad) === have) return;
    this.asked.set(squad, have);
    const id = this.ports.newId();
    this.subs.set(id, squad);
    this.ports.dispatch({ is: 'behind', squad });
    this.ports.send({ t: 'sub', id, s: squad, ...(have === null ? {} : { n: have }) });
  }

  private forget(squad: string, why?: string): void {
    this.cursors.delete(squad);
    this.asked.delete(squad);
    this.ports.dispatch({ is: 'out', squad, ...(why === undefined ? {} : { why }) });
  }

  private have(squad: string): number | null {
    return this.cursors.get(squad)?.have ?? null;
  }
}

function eventOf({ n, k, at, u, c, b }: Ev): SquadEvent | null {
  return k === undefined ? null : { n, k, at: at ?? 0, u: u ?? null, c: c ?? null, b };
}

function numberedOf({ n, b }: Evs): Numbered<SquadEvent>[] {
  return b.map((item, i) => {
    if (item === null) return { n: n + i, event: null };
    const [k, at, u, c, body] = item;
    return { n: n + i, event: { n: n + i, k, at, u, c, b: body } };
  });
}
