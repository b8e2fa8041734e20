/**
 * Commands from tap to log: kept until answered, sent in order after each welcome, one in flight per stream.
 * Called by the app (add, retry, discard) and by sync (ready, ack, err, reached); it sends through a port.
 */
import { OLD } from '../wire/codes';
import { reconnectDelayMs } from '../wire/reconnect';
import type { Clock, Random } from '../wire/ports';
import type { Ack, Cmd, CommandBodies, Err } from '../wire/types.generated';
import { isFinal, streamOf } from './entry';
import type { Answer, CommandKind, OutboxEntry, Progress } from './entry';
import type { OutboxStore } from './store';

export interface OutboxPorts {
  store: OutboxStore;
  clock: Clock;
  random: Random;
  newId(): string;
  send(command: Cmd): void;
  changed(entries: readonly OutboxEntry[]): void;
  answered(id: string, answer: Answer): void;
  /** Entries in the store changed: the tab that drains must look. */
  tellTabs(): void;
}

/** After this long a command asks before it goes: the moment may have passed. */
const ASKS_AFTER_MS = 30 * 24 * 3600 * 1000;
/** Before the same id goes again, where the server names no wait. */
const LEAST_WAIT_MS = 1000;

export class Outbox {
  private player: string | null = null;
  private entries: OutboxEntry[] = [];
  private isReady = false;
  private isDraining = false;
  /** Refusals for now, counted per entry, and the entries that wait one out. */
  private readonly tries = new Map<string, number>();
  private readonly waiting = new Set<string>();
  /** On their way into the store: not sent before they are there. */
  private readonly storing = new Set<string>();
  /** The store would not take them: they live in this tab only. */
  private readonly homeless = new Set<string>();
  /** Tapped in this tab, since its page was loaded. */
  private readonly fromHere = new Set<string>();

  constructor(private readonly ports: OutboxPorts) {}

  /** Takes this player's entries from the store; what was "sending" is "queued" again. */
  async open(player: string | null): Promise<void> {
    this.player = player;
    this.isReady = false;
    for (const set of [this.tries, this.waiting, this.storing, this.homeless]) set.clear();
    this.entries = [];
    await this.refresh();
  }

  /** Looks at the store again: another tab may have added or finished something. */
  async refresh(): Promise<void> {
    const { player } = this;
    const stored = player === null ? [] : await this.ports.store.list(player).catch(() => []);
    if (player !== this.player) return;
    const known = new Map(this.entries.map((entry) => [entry.id, entry]));
    const kept = stored.map((entry) => this.merged(entry, known.get(entry.id)));
    for (const { id } of stored) known.delete(id);
    this.replace([...kept, ...[...known.values()].filter((entry) => this.isOnlyHere(entry))]);
    this.pump();
  }

  /** Whether this tab is the one that sends. */
  lead(isDraining: boolean): void {
    this.isDraining = isDraining;
    if (isDraining) void this.refresh();
    else this.unsend();
  }

  /** True after a welcome, false when the link is gone: what was in flight goes again, under the same id. */
  ready(isReady: boolean): void {
    this.isReady = isReady;
    this.unsend();
    this.pump();
  }

  /** The command's id; it is on the screen at once and in the store before it is sent. */
  add<K extends CommandKind>(k: K, b: CommandBodies[K], s?: string): string | null {
    if (this.player === null) return null;
    const entry = {
      ...{ id: this.ports.newId(), u: this.player, k, b, at: this.ports.clock.now() },
      ...(s === undefined ? {} : { s }),
      progress: { status: 'queued' },
    } as OutboxEntry;
    this.fromHere.add(entry.id);
    void this.keep(entry);
    return entry.id;
  }

  /** Whether somebody waits for it in this tab, not in another. */
  isFromHere(id: string): boolean {
    return this.fromHere.has(id);
  }

  ack({ id, s, n, b }: Ack, haveOf: (squad: string) => number | null): void {
    const entry = this.find(id);
    const squad = s ?? entry?.s;
    this.ports.answered(id, { isOk: true, b, ...(squad === undefined ? {} : { s: squad }) });
    if (entry === undefined) return;
    const have = squad === undefined ? null : haveOf(squad);
    const isAhead = entry.s !== undefined && n !== undefined && have !== null && n > have;
    if (isAhead) this.progress(id, { status: 'saved', n });
    else this.replace(this.entries.filter((other) => other.id !== id));
    this.forget(id);
    this.pump();
  }

  err({ id, c, m, f, w }: Err): void {
    const entry = id === undefined ? undefined : this.find(id);
    if (entry === undefined || id === undefined) return;
    if (!isFinal(c)) {
      this.wait(id, w);
      return;
    }
    const refused = {
      ...{ code: c, message: m },
      ...(f === undefined ? {} : { field: f }),
      ...(w === undefined ? {} : { until: this.ports.clock.now() + w }),
    };
    this.ports.answered(id, { isOk: false, refused });
    void this.store(this.progress(id, { status: 'needs-you', refused }));
    this.pump();
  }

  /** The squad's log is applied up to n: what is saved up to there shows as its event now. */
  reached(squad: string, n: number): void {
    const isShown = ({ s, progress }: OutboxEntry): boolean =>
      s === squad && progress.status === 'saved' && (progress.n ?? 0) <= n;
    if (this.entries.some(isShown)) this.replace(this.entries.filter((entry) => !isShown(entry)));
  }

  /** Tries a refused command again, as a new command: under the old id the answer would be the same for ever. */
  retry(id: string): void {
    const entry = this.find(id);
    if (entry?.progress.status !== 'needs-you') return;
    this.discard(id);
    this.add(entry.k, entry.b, entry.s);
  }

  discard(id: string): void {
    if (this.find(id)?.progress.status !== 'needs-you') return;
    this.replace(this.entries.filter((entry) => entry.id !== id));
    this.forget(id);
  }

  private async keep(entry: OutboxEntry): Promise<void> {
    this.storing.add(entry.id);
    this.replace([...this.entries, entry]);
    await this.store(entry);
    this.storing.delete(entry.id);
    this.pump();
  }

  private isOnlyHere({ id, progress }: OutboxEntry): boolean {
    return progress.status === 'saved' || this.storing.has(id) || this.homeless.has(id);
  }

  private merged(stored: OutboxEntry, known: OutboxEntry | undefined): OutboxEntry {
    if (known !== undefined && stored.progress.status !== 'needs-you') return known;
    if (stored.progress.status === 'needs-you') return stored;
    const isOld = this.ports.clock.now() - stored.at > ASKS_AFTER_MS;
    return {
      ...stored,
      progress: isOld
        ? { status: 'needs-you', refused: { code: OLD, message: 'waited for 30 days' } }
        : { status: 'queued' },
    };
  }

  /** Sends the first queued entry of every stream that has none in flight. */
  private pump(): void {
    if (!this.isReady || !this.isDraining) return;
    const busy = new Set<string>();
    for (const entry of this.entries) {
      const { status } = entry.progress;
      if (status === 'saved' || status === 'needs-you' || busy.has(streamOf(entry))) continue;
      busy.add(streamOf(entry));
      const mustWait = this.storing.has(entry.id) || this.waiting.has(entry.id);
      if (status === 'queued' && !mustWait) this.send(entry);
    }
  }

  private send({ id, s, k, b }: OutboxEntry): void {
    this.progress(id, { status: 'sending' });
    this.ports.send({ t: 'cmd', id, k, b, ...(s === undefined ? {} : { s }) });
  }

  private wait(id: string, askedMs: number | undefined): void {
    const tries = (this.tries.get(id) ?? 0) + 1;
    this.tries.set(id, tries);
    this.waiting.add(id);
    const until = askedMs === undefined ? {} : { until: this.ports.clock.now() + askedMs };
    this.progress(id, { status: 'queued', ...until });
    this.ports.clock.after(askedMs ?? LEAST_WAIT_MS + reconnectDelayMs(tries, this.ports.random), () => {
      this.waiting.delete(id);
      this.pump();
    });
  }

  private unsend(): void {
    const isSending = ({ progress }: OutboxEntry): boolean => progress.status === 'sending';
    if (!this.entries.some(isSending)) return;
    this.replace(
      this.entries.map((entry) => (isSending(entry) ? { ...entry, progress: { status: 'queued' } } : entry)),
    );
  }

  private find(id: string): OutboxEntry | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  private progress(id: string, progress: Progress): OutboxEntry | undefined {
    this.replace(this.entries.map((entry) => (entry.id === id ? { ...entry, progress } : entry)));
    return this.find(id);
  }

  private replace(entries: readonly OutboxEntry[]): void {
    this.entries = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    this.ports.changed(this.entries);
  }

  /** A store that fails costs only what a reload would lose: the command still goes. */
  private async store(entry: OutboxEntry | undefined): Promise<void> {
    if (entry === undefined) return;
    await this.ports.store.put(entry).catch(() => this.homeless.add(entry.id));
    this.ports.tellTabs();
  }

  private forget(id: string): void {
    this.tries.delete(id);
    this.homeless.delete(id);
    void this.ports.store
      .remove(id)
      .catch(() => undefined)
      .then(() => {
        this.ports.tellTabs();
      });
  }
}
