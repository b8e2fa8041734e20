/** The screens behind the door: loaded when first needed, and ahead of need when the page is idle. */
import type { Component } from 'svelte';
import type { Actions } from '../actions';
import type { Route } from '../router/route';
import type { State } from '../state/state';

export type Inside = Extract<Route, { at: 'squad' | 'issue' | 'dare' | 'settings' | 'you' | 'link' }>;

export interface ScreenProps<R extends Inside> {
  app: State;
  act: Actions;
  route: R;
}

export interface Screens {
  squad: Component<ScreenProps<Extract<Route, { at: 'squad' }>>>;
  issue: Component<ScreenProps<Extract<Route, { at: 'issue' }>>>;
  dare: Component<ScreenProps<Extract<Route, { at: 'dare' }>>>;
  settings: Component<ScreenProps<Extract<Route, { at: 'settings' }>>>;
  you: Component<ScreenProps<Extract<Route, { at: 'you' }>>>;
  link: Component<ScreenProps<Extract<Route, { at: 'link' }>>>;
}

const loaders: { [K in keyof Screens]: () => Promise<{ default: Screens[K] }> } = {
  squad: () => import('./Squad.svelte'),
  issue: () => import('./Issue.svelte'),
  dare: () => import('./Dare.svelte'),
  settings: () => import('./Settings.svelte'),
  you: () => import('./You.svelte'),
  link: () => import('./Link.svelte'),
};

export function isInside(route: Route): route is Inside {
  return route.at in loaders;
}

export async function loadScreen<K extends keyof Screens>(at: K): Promise<Screens[K]> {
  return (await loaders[at]()).default;
}

/** All of them, once there is nothing better to do; a failure costs nothing until the screen is wanted. */
export function loadScreensWhenIdle(): void {
  const load = (): void => {
    for (const loader of Object.values(loaders)) loader().catch(() => undefined);
  };
  if ('requestIdleCallback' in window) requestIdleCallback(load, { timeout: IDLE_AT_LAST_MS });
  else setTimeout(load, IDLE_AT_LAST_MS);
}

const IDLE_AT_LAST_MS = 3000;
