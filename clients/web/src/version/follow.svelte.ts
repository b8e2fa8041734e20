/**
 * A newer Gutsy: its worker is looked for, and once it is here the page says so, or loads itself anew in a calm
 * moment. Loaded after everything else; called by `main`.
 */
import type { Store } from '../state/store.svelte';
import { mayReload } from './calm';

const LOOK_EVERY_MS = 3_600_000;
/** In this tab's session storage: when it last loaded itself anew. */
const RELOADED = 'gutsy.reloaded';
const TEXTS = 'input:not([type]), input[type="text"], input[type="search"], textarea';

/** `own`: the worker that gave this page; null: none did, and the one that is here, or comes first, is of its build. */
export async function followVersions(store: Store, own: ServiceWorker | null): Promise<void> {
  const workers = navigator.serviceWorker;
  const compare = (): void => {
    own ??= workers.controller;
    if (own !== workers.controller) store.dispatch({ is: 'outdated' });
  };
  workers.addEventListener('controllerchange', compare);
  compare();

  const registering = workers.register('/sw.js'); // may take seconds
  const look = (): void => void registering.then((known) => known.update()).catch(() => undefined);
  const reloadIfCalm = (): void => {
    if (store.current.isOutdated && isCalm(store)) reload();
  };
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') look();
    else reloadIfCalm();
  });
  window.addEventListener('vite:preloadError', look); // a file of this version is not on the server any more
  setInterval(look, LOOK_EVERY_MS);

  $effect.root(() => {
    const at = $derived(store.current.connection.at);
    let connections = 0;
    $effect(() => {
      if (at === 'stopped' || (at === 'open' && connections++ > 0)) look();
    });
    $effect(reloadIfCalm);
  });
  own ??= (await registering).active; // loaded past it, as a hard reload does
}

function isCalm({ current: { outbox } }: Store): boolean {
  const texts = [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(TEXTS)];
  return mayReload({
    outbox,
    isTouched: isTouched(),
    isHidden: document.visibilityState === 'hidden',
    isTyping:
      document.querySelector('dialog[open]') !== null ||
      texts.some(({ readOnly, value }) => !readOnly && value !== ''),
    reloadedAt: reloadedAt(),
    now: Date.now(),
  });
}

/** Older browsers do not count: then somebody may have. */
function isTouched(): boolean {
  const { eventCounts }: { eventCounts?: EventCounts } = performance;
  return eventCounts === undefined || ['pointerdown', 'keydown'].some((kind) => eventCounts.get(kind) !== 0);
}

function reload(): void {
  try {
    sessionStorage.setItem(RELOADED, String(Date.now()));
  } catch {
    return; // without this note a page could reload for ever
  }
  location.reload();
}

function reloadedAt(): number | null | undefined {
  try {
    const noted = sessionStorage.getItem(RELOADED);
    return noted === null ? null : Number(noted);
  } catch {
    return undefined;
  }
}
