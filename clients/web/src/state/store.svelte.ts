/** Holds the one state and hands every change to `reduce`. Views read `current`; nobody else writes it. */
import { untrack } from 'svelte';
import type { Change } from './changes';
import { reduce } from './reduce';
import type { State } from './state';

export class Store {
  current: State;

  constructor(
    initial: State,
    private readonly reduced: (before: State, after: State, change: Change) => void,
  ) {
    this.current = $state.raw(initial);
  }

  dispatch(change: Change): void {
    const before = untrack(() => this.current); // a view that dispatches in an effect does not thereby depend on it
    const after = reduce(before, change);
    this.current = after;
    this.reduced(before, after, change);
  }
}
