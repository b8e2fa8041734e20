/** Writes to this device what changed in the state, a little later and together; reads it back at the start. */
import { EMPTY_SQUAD } from '../state/fold-squad';
import type { SquadState, State } from '../state/state';
import type { Cancel, Clock } from '../wire/ports';
import type { SquadView } from '../wire/types.generated';
import type { KeptSquad, Storage } from './storage';

/** A burst of events is one write. */
const AFTER_MS = 300;

export class MemoryOfState {
  private cancel: Cancel | null = null;
  private latest: State | null = null;
  private written: State | null = null;

  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    private readonly logId: () => string | null,
  ) {}

  /** What is kept of a player: squads of one log only, since n means nothing in another; and whole ones. */
  async read(player: string): Promise<{ log: string | null; squads: KeptSquad[]; me: State['me'] }> {
    const all = await this.storage.squads.list(player).catch(() => []);
    const log = all[0]?.l ?? null;
    const me = await this.storage.kept.get('me').catch(() => undefined);
    return {
      log,
      squads: all.filter(({ l, view }) => l === log && isWhole(view)),
      me: me?.u === player ? me : null,
    };
  }

  /** Call with every new state; it is written soon. */
  note(state: State): void {
    this.latest = state;
    this.cancel ??= this.clock.after(AFTER_MS, () => {
      this.flush();
    });
  }

  /** Now, since the page may be gone in a moment. */
  flush(): void {
    this.cancel?.();
    this.cancel = null;
    const { latest, written } = this;
    if (latest?.session.at !== 'in') return;
    this.written = latest;
    const u = latest.session.player;
    const before = written?.session.at === 'in' && written.session.player === u ? written : null;
    this.writeKept(u, latest, before);
    for (const [s, squad] of Object.entries(latest.squads))
      if (squad !== before?.squads[s]) this.writeSquad(u, s, squad);
    for (const s of Object.keys(before?.squads ?? {}))
      if (!(s in latest.squads)) keep(this.storage.squads.remove(u, s));
  }

  private writeKept(u: string, { me, deck }: State, before: State | null): void {
    if (me !== null && me !== before?.me) keep(this.storage.kept.put('me', { u, ...me }));
    if (deck !== null && deck !== before?.deck) keep(this.storage.kept.put('deck', [...deck]));
  }

  private writeSquad(u: string, s: string, { n, view, weeks }: SquadState): void {
    const l = this.logId();
    if (n === null || view === null || l === null) keep(this.storage.squads.remove(u, s));
    else keep(this.storage.squads.put({ u, l, s, n, view, weeks }));
  }
}

/** An older page's fold may have passed over what this one shows; no later event would bring it. */
function isWhole(view: SquadView): boolean {
  return Object.keys(EMPTY_SQUAD).every((field) => field in view);
}

/** A full or forbidden store costs the offline start, nothing else. */
function keep(writing: Promise<void>): void {
  writing.catch(() => undefined);
}
