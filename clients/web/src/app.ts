/** The wiring: the only place that knows every concrete part. Screens get its state and its actions. */
import { commandActions } from './actions';
import type { Actions } from './actions';
import { Outbox } from './outbox/outbox';
import { browserTabs } from './outbox/tabs';
import { startRouter } from './router/history';
import type { Answer, OutboxEntry } from './outbox/entry';
import type { Presence } from './session/presence';
import { SignIn } from './session/sign-in';
import type { Change } from './state/changes';
import { initialState } from './state/state';
import type { State } from './state/state';
import { Store } from './state/store.svelte';
import { drafts } from './storage/drafts';
import { openStorage } from './storage/open-storage';
import { MemoryOfState } from './storage/memory-of-state';
import { browserNotes } from './storage/notes';
import type { Kept } from './storage/storage';
import { openBrowserSocket } from './wire/browser-socket';
import { Connection } from './wire/connection';
import type { ConnectionStatus } from './wire/connection';
import type { Deck } from './wire/deck';
import { browserHttp, call } from './wire/http';
import { browserClock as clock } from './wire/ports';
import { Sync } from './wire/sync';
import type { Act } from './wire/types.generated';
import { locale } from './words/locale';
import { strongRandom, ulidMaker } from './wire/ulid';

export interface App {
  store: Store;
  actions: Actions;
}

const TICK_MS = 15_000;

/** What comes with the first connection. */
interface Inside {
  deck: Deck;
  heed(entry: OutboxEntry, answer: Answer): void;
}

export function startApp(): App {
  let presence: Presence | null = null;
  let inside: Promise<Inside> | null = null;
  const newId = ulidMaker(clock, strongRandom);
  const storage = openStorage((player) => browserNotes.player() === player, clock);
  const memory = new MemoryOfState(storage, clock, () => sync.logId);
  const store = new Store(initialState(clock.now(), browserNotes.player()), (_, after, change) => {
    if (change.is !== 'tick') memory.note(after);
    presence?.noted(change);
  });
  const dispatch = (change: Change): void => {
    store.dispatch(change);
  };
  const state = (): State => store.current;

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
  const signIn = new SignIn({
    ...{ http: browserHttp, clock, locale, notes: browserNotes, memory, storage, outbox, drafts, sync },
    ...{ connection, tabs, router, newId, dispatch, state },
  });

  const connectionChanged = (status: ConnectionStatus): void => {
    if (status.at !== 'open') outbox.ready(false);
    dispatch({ is: 'connection', status });
    if (status.at === 'open') {
      signIn.welcomed();
      within(({ deck }) => void deck.loadOnce());
    }
    if (status.at === 'stopped') void signIn.stopped(status.closeCode, status.reason);
  };
  const loadInside = async (): Promise<Inside> => {
    const { browserPresence, deckOf, heedAnswers } = await import('./session/signed-in');
    const send = (act: Act): void => {
      connection.send(act);
    };
    presence = browserPresence({ clock, send, state });
    const loadInvite = (code: string): void => {
      actions.loadInvite(code, 'quietly');
    };
    const heed = heedAnswers({ outbox, sync, signIn, router, dispatch, loadInvite, state });
    return { deck: deckOf(browserHttp, locale, dispatch), heed };
  };
  /** With what is not in the first load; where that did not come, it is asked for the next time. */
  const within = (use: (inside: Inside) => void): void => {
    (inside ??= loadInside()).then(use, () => {
      inside = null;
    });
  };
  const answered = (id: string, answer: Answer): void => {
    const entry = store.current.outbox.find((known) => known.id === id); // gone by the time that all is here
    dispatch({ is: 'answered', id, answer });
    if (entry === undefined) return;
    within(({ heed }) => {
      heed(entry, answer);
    });
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

  const showDeck = (cards: Kept['deck'] | undefined): void => {
    if (cards !== undefined && store.current.deck === null) dispatch({ is: 'deck', cards });
  };
  storage.kept.get('deck').then(showDeck, () => undefined);
  const actions = commandActions({
    http: browserHttp,
    drafts,
    outbox,
    signIn,
    connection,
    router,
    dispatch,
    loadDeck: () => {
      within(({ deck }) => void deck.load());
    },
    inside: { call, signIn, connection, dispatch, router, tell: tabs.tell, state },
  });
  void signIn.open();
  return { store, actions };
}
