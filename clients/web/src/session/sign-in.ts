/** Who is here: makes guests, changes player, renews tickets, and decides what a 4401 means. Called by `app`, `devices`. */
import type { Change } from '../state/changes';
import { playerOf } from '../state/select';
import type { SignedOut, State } from '../state/state';
import type { Drafts } from '../storage/drafts';
import type { MemoryOfState } from '../storage/memory-of-state';
import type { Stays, Storage } from '../storage/storage';
import type { Outbox } from '../outbox/outbox';
import type { Router } from '../router/history';
import type { Tabs } from '../outbox/tabs';
import type { Connection } from '../wire/connection';
import { NOT_SIGNED_IN, NO_ANSWER, SIGNED_OUT } from '../wire/codes';
import type { Http } from '../wire/http';
import type { Clock } from '../wire/ports';
import type { Sync } from '../wire/sync';

export interface Notes {
  player(): string | null;
  setPlayer(player: string): void;
  forgetPlayer(): void;
  /** Whose things still have to go from this device, and what of theirs stays all the same. */
  leaving(): readonly (readonly [player: string, stays: Stays])[];
  /** Null: that is done. */
  setLeaving(player: string, stays: Stays | null): void;
  guestId(): string;
  dropGuestId(): void;
}

export interface SignInPorts {
  http: Pick<Http, 'guest' | 'ticket'>;
  clock: Clock;
  /** The language in use. */
  locale: string;
  notes: Notes;
  memory: Pick<MemoryOfState, 'read'>;
  storage: Pick<Storage, 'forget'>;
  outbox: Pick<Outbox, 'open'>;
  drafts: Pick<Drafts, 'belongTo'>;
  sync: Pick<Sync, 'open' | 'useTicket'>;
  connection: Pick<Connection, 'restart' | 'stop' | 'send'>;
  tabs: Pick<Tabs, 'tell'>;
  router: Router;
  newId(): string;
  dispatch(change: Change): void;
  state(): State;
}

const ASK_AGAIN_MS = 5000;
/** After these the same guest id may be used again. */
const ID_STAYS_GOOD = new Set(['HANDLE_TAKEN', 'BAD_INPUT', 'BUSY', 'QUOTA', 'INTERNAL', NO_ANSWER]);

export class SignIn {
  private turn = 0;
  private hasAskedForTicket = false;
  private isRenewing = false;
  /** Who is being signed out: it takes a moment to wipe. */
  private leaving: string | null = null;

  constructor(private readonly ports: SignInPorts) {}

  /** Also without a known player the socket is opened: a cookie may be left where notes were cleared. */
  async open(): Promise<void> {
    const { notes, drafts, connection } = this.ports;
    for (const [player, stays] of notes.leaving()) void this.wipe(player, stays);
    const player = notes.player();
    if (player !== null) {
      await this.become(player);
      return;
    }
    drafts.belongTo(null);
    connection.restart();
  }

  /** From here on this player's state and outbox are used; another's stay apart. */
  async become(player: string): Promise<void> {
    const turn = ++this.turn;
    const before = playerOf(this.ports.state());
    this.ports.connection.stop(); // what it still brings is for whoever was here before
    this.ports.drafts.belongTo(player);
    this.ports.notes.setPlayer(player);
    this.ports.dispatch({ is: 'signed-in', player });
    if (before !== null && before !== player) this.leaveScreen();
    const { log, squads, me } = await this.ports.memory.read(player);
    if (turn !== this.turn) return;
    this.ports.sync.open(player, log, new Map(squads.map(({ s, n }) => [s, n])));
    this.ports.dispatch({ is: 'remembered', squads, me });
    await this.ports.outbox.open(player);
    if (turn === this.turn) this.ports.connection.restart();
  }

  /** What another has typed into it must not stay; an invite or a code is for whoever looks at it. */
  private leaveScreen(): void {
    const { state, router } = this.ports;
    const { at } = state().route;
    if (at !== 'join' && at !== 'link') router.go({ at: 'start' }, 'replace');
  }

  /** The same for somebody who came in here and now: other tabs hear of it once it is noted. */
  async cameIn(player: string): Promise<void> {
    await this.become(player);
    this.ports.tabs.tell({ is: 'came', player });
  }

  /** Makes a guest and then goes on; a refusal is shown at the form. */
  async asGuest(handle: string, then: () => void): Promise<void> {
    const { http, notes, locale, dispatch } = this.ports;
    dispatch({ is: 'signing-in', signIn: { at: 'busy' } });
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const answer = await http.guest({
      id: notes.guestId(),
      handle,
      tz,
      adult: true,
      locale,
    });
    if (!answer.isOk) {
      const { code, free } = answer.error;
      if (!ID_STAYS_GOOD.has(code)) notes.dropGuestId();
      dispatch({
        is: 'signing-in',
        signIn: { at: 'refused', code, ...(free === undefined ? {} : { free }) },
      });
      return;
    }
    await this.cameIn(answer.body.player);
    then();
  }

  /** A new ticket on the live socket, before the session ends. */
  async renew(): Promise<void> {
    if (this.isRenewing) return;
    this.isRenewing = true;
    const answer = await this.ports.http.ticket();
    this.isRenewing = false;
    if (answer.isOk) this.ports.connection.send({ t: 'auth', id: this.ports.newId(), a: answer.body.ticket });
  }

  /** The connection works: the next 4401 may ask for a ticket again. */
  welcomed(): void {
    this.hasAskedForTicket = false;
  }

  /**
   * The socket closed for good. Not signed in: one ticket is tried, since this browser may have come in
   * anew meanwhile; then the name is asked.
   */
  async stopped(closeCode: number, reason: string): Promise<void> {
    const player = playerOf(this.ports.state());
    if (closeCode !== NOT_SIGNED_IN || player === null || player === this.leaving) return;
    const turn = this.turn;
    const answer = this.hasAskedForTicket ? null : await this.ports.http.ticket();
    if (turn !== this.turn) return;
    if (answer?.isOk) {
      this.hasAskedForTicket = true;
      this.ports.sync.useTicket(answer.body.ticket);
      this.ports.connection.restart();
    } else if (reason === SIGNED_OUT) {
      await this.signedOut('signed-out');
    } else if (answer?.error.code === NO_ANSWER) {
      this.ports.clock.after(ASK_AGAIN_MS, () => void this.stopped(closeCode, reason));
    } else {
      await this.signedOut(this.isErasing() ? 'erased' : 'ended');
    }
  }

  /** Another tab has signed somebody in or out. */
  async heard(is: 'came' | 'left', player: string): Promise<void> {
    const isMe = playerOf(this.ports.state()) === player;
    if (is === 'left' && isMe) await this.signedOut('signed-out');
    if (is === 'came' && !isMe) await this.become(player);
  }

  /**
   * Nothing of this player stays on this device, and the screen says so when it is true. A sign-in that
   * merely ran out ("ended") leaves what was not sent yet: it goes when the same player comes back.
   */
  async signedOut(why: Exclude<SignedOut, 'not-wiped'>): Promise<void> {
    const { notes, outbox, sync, drafts, connection, dispatch } = this.ports;
    const player = playerOf(this.ports.state());
    if (player === null || player === this.leaving) return;
    this.leaving = player;
    const turn = ++this.turn;
    this.hasAskedForTicket = false;
    const stays = why === 'ended' ? 'outbox' : 'nothing';
    notes.setLeaving(player, stays);
    // Before anything is wiped: from here on no tab writes anything of theirs. Another player may be noted already.
    if (notes.player() === player) notes.forgetPlayer();
    connection.stop();
    sync.open(null, null, new Map());
    await outbox.open(null);
    const isWiped = await this.wipe(player, stays);
    this.leaving = null;
    if (turn !== this.turn) return;
    drafts.belongTo(null);
    dispatch({ is: 'signed-out', why: why === 'signed-out' && !isWiped ? 'not-wiped' : why });
  }

  /** A page may die meanwhile, or the storage fail: the next one that starts here finishes it. */
  private async wipe(player: string, stays: Stays): Promise<boolean> {
    try {
      await this.ports.storage.forget(player, stays);
      this.ports.notes.setLeaving(player, null);
      return true;
    } catch {
      return false;
    }
  }

  /** The answer to an erasure may be lost: the socket of whoever is gone is closed at once. */
  private isErasing(): boolean {
    const { outbox } = this.ports.state();
    return outbox.some(({ k, progress }) => k === 'player.erase' && progress.status !== 'needs-you');
  }
}
