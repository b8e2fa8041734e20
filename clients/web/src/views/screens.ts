/** The screens behind the door: loaded when first needed, and ahead of need when the page is idle. */
import type { Component } from 'svelte';
import type { Actions } from '../actions';
import type { Route } from '../router/route';
import type { State } from '../state/state';
import { loadInsideWords } from '../words/load';

export type Screen = 'start' | 'squad' | 'issue' | 'dare' | 'settings' | 'week' | 'you' | 'link' | 'arena';

export interface ScreenProps<K extends Screen> {
  app: State;
  act: Actions;
  route: Extract<Route, { at: K }>;
}

export type Screens = { [K in Screen]: Component<ScreenProps<K>> };

/** `words`: those that only this screen has. */
interface Loaded<K extends Screen> {
  default: Screens[K];
  words?: () => Promise<void>;
}

const loaders: { [K in Screen]: () => Promise<Loaded<K>> } = {
  start: () => import('./Home.svelte'),
  squad: () => import('./Squad.svelte'),
  issue: () => import('./Issue.svelte'),
  dare: () => import('./Dare.svelte'),
  settings: () => import('./Settings.svelte'),
  week: () => import('./Week.svelte'),
  you: () => import('./You.svelte'),
  link: () => import('./Link.svelte'),
  arena: () => import('./Arena.svelte'),
};

/** An address of a screen behind the door; whoever is signed in finds their squads at all unknown ones. */
export function insideOf(route: Route): Extract<Route, { at: Screen }> | null {
  if (route.at === 'join') return null;
  return route.at === 'nowhere' ? { at: 'start' } : route;
}

export async function loadScreen<K extends Screen>(at: K): Promise<Screens[K]> {
  const [screen] = await Promise.all([loaders[at](), loadInsideWords()]);
  await screen.words?.();
  return screen.default;
}

/**
 * All of them, so that the next tap need not wait: once the first one has long been there, and unless a worker has
 * them at hand already (sw/sw.js). A failure costs nothing until the screen is wanted.
 */
export function loadScreensWhenIdle(): void {
  const load = (): void => {
    for (const at in loaders) loadScreen(at as Screen).catch(() => undefined);
  };
  setTimeout(() => {
    if (navigator.serviceWorker?.controller) return; // absent without https
    if ('requestIdleCallback' in window) requestIdleCallback(load);
    else load();
  }, SETTLED_MS);
}

const SETTLED_MS = 5000;
