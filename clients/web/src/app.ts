/** The wiring: the only place that knows every concrete part. Screens get its state and its actions. */
import { commandActions } from './actions';
import type { Actions, Entry } from './actions';
import type { Answer } from './outbox/entry';
import { Outbox } from './outbox/outbox';
import { browserTabs } from './outbox/tabs';
import { startRouter } from './router/history';
import { arrival } from './router/route';
import type { Presence } from './session/presence';
import { SignIn } from './session/sign-in';
import type { Change } from './state/changes';
import { refusesInvite, wantsAsking } from './state/refusals';
import { initialState } from './state/state';
import { Store } from './state/store.svelte';
import { drafts } from './storage/drafts';
import { openStorage } from './storage/open-storage';
import { MemoryOfState } from './storage/memory-of-state';
import { browserNotes } from './storage/notes';
import { Connection } from './wire/connection';
import type { ConnectionStatus } from './wire/connection';
import { browserHttp, call } from './wire/http';
import { browserClock as clock, openBrowserSocket } from './wire/ports';
import { Sync } from './wire/sync';
import type { Act, SquadAnswer } from './wire/types.generated';
import { locale } from './words/locale';
import { strongRandom, ulidMaker } from './wire/ulid';

export interface App {
  store: Store;
  actions: Actions;
}

const TICK_MS = 15_000;

export function startApp(): App {
  let presence: Presence | null = null;
  const newId = ulidMaker(clock, strongRandom);
  const storage = openStorage((player) => browserNotes.player() === player);
  const memory = new MemoryOfState(storage, clock, () => sync.logId);
  const store = new Store(initialState(clock.now(), browserNotes.player()), (_, after, change) => {
    if (change.is !== 'tick') memory.note(after);
    presence?.noted(change);
  });
  const dispatch = (change: Change): void => {
    store.dispatch(change);
  };

  const outbox = new Outbox({
    ...{ store: storage.outbox, clock, random: Math.random, newId },
    send: (command) => {
      connection.send(command);
    },
    changed: (entries) => {
      dispatch({ is: 'outbox', entries });
    },
    answered: (id, answer) => {
      tabs.tell({ is: 'answered', id, answer });
      answered(id, answer);
    },
    tellTabs: () => {
      tabs.tell({ is: 'outbox-changed' });
    },
  });
  const sync = new Sync({
    ...{ clock, clientId: newId(), newId, dispatch, outbox },
    send: (message) => {
      connection.send(message);
    },
    otherPlayer: (player) => void signIn.become(player),
    ticketWanted: () => void signIn.renew(),
  });
  const connection: Connection = new Connection({
    ...{ clock, random: Math.random, openSocket: openBrowserSocket },
    hello: () => sync.hello(),
    received: (message, named) => {
      sync.receive(message, named);
    },
    changed: (status) => {
      connectionChanged(status);
    },
  });
  const signIn = new SignIn({
    ...{ http: browserHttp, clock, locale, notes: browserNotes, memory, outbox, drafts, sync },
    ...{ connection, newId, dispatch },
    state: () => store.current,
  });
  const tabs = browserTabs({
    heard: (news) => {
      if (news.is === 'answered') answered(news.id, news.answer);
      else if (news.is === 'outbox-changed') void outbox.refresh();
      else void signIn.heard(news.is, news.player);
    },
    leads: (isLeading) => {
      outbox.lead(isLeading);
    },
  });
  const router = startRouter((route) => {
    dispatch({ is: 'went', route });
  });

  const connectionChanged = (status: ConnectionStatus): void => {
    if (status.at !== 'open') outbox.ready(false);
    dispatch({ is: 'connection', status });
    if (status.at === 'open') {
      signIn.welcomed();
      startPresence();
      deckLoaded ??= loadDeck();
    }
    if (status.at === 'stopped') void signIn.stopped(status.closeCode, status.reason);
  };
  const answered = (id: string, answer: Answer): void => {
    const entry = store.current.outbox.find((known) => known.id === id);
    dispatch({ is: 'answered', id, answer });
    switch (entry?.k) {
      case 'squad.join':
      case 'squad.request':
        if (answer.isOk) entered(entry.k, answer.b);
        else entryRefused(entry.b.code, answer.refused.code);
        break;
      case 'squad.create':
        if (answer.isOk) entered(entry.k, answer.b);
        break;
      case 'player.erase':
        if (answer.isOk) void signIn.signedOut('erased');
        break;
      default:
    }
  };
  /** A squad just made or joined is followed, and shown if that is what the person waits for. */
  const entered = (kind: 'squad.create' | Entry, body: unknown): void => {
    const { squad } = body as SquadAnswer;
    if (kind === 'squad.request') dispatch({ is: 'asked', squad });
    else sync.follow(squad);
    const { route } = store.current;
    if (route.at === 'join' || route.at === 'start') router.go(arrival(route, squad), 'replace');
  };
  /** An invite that died between the look and the tap is shown as one that was dead from the start. */
  const entryRefused = (code: string, reason: string): void => {
    if (refusesInvite(reason)) dispatch({ is: 'invite', code, invite: { at: 'refused', code: reason } });
    if (wantsAsking(reason)) actions.loadInvite(code, 'quietly');
  };
  /** Not in the first load: nobody is around before somebody is signed in. */
  const startPresence = (): void => {
    if (presence !== null) return;
    const start = ({ browserPresence }: typeof import('./session/presence')): void => {
      const send = (act: Act): void => {
        connection.send(act);
      };
      presence ??= browserPresence({ clock, send, state: () => store.current });
    };
    import('./session/presence').then(start, () => undefined); // without a net: with the next connection
  };
  let deckLoaded: Promise<void> | null = null;
  const loadDeck = async (): Promise<void> => {
    const answer = await browserHttp.deck(locale);
    if (answer.isOk) dispatch({ is: 'deck', cards: answer.body.cards });
  };
  const tick = (): void => {
    dispatch({ is: 'tick', now: clock.now() });
  };
  const wake = (): void => {
    tick();
    if (document.visibilityState !== 'visible') {
      memory.flush();
      return;
    }
    tabs.lookedAt();
    connection.nudge();
  };
  document.addEventListener('visibilitychange', wake);
  window.addEventListener('online', wake);
  window.addEventListener('pagehide', () => {
    memory.flush();
  });
  setInterval(tick, TICK_MS);

  void storage.kept.get('deck').then((cards) => {
    if (cards !== undefined && store.current.deck === null) dispatch({ is: 'deck', cards });
  });
  const actions = commandActions({
    http: browserHttp,
    drafts,
    outbox,
    signIn,
    connection,
    router,
    dispatch,
    state: () => store.current,
    loadDeck,
    devices: { call, signIn, dispatch, router, tell: tabs.tell, state: () => store.current },
  });
  void signIn.open();
  return { store, actions };
}
