/** Holds the one state and hands every change to `reduce`. Views read `current`; only `dispatch` writes it. */
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
    // Whoever dispatches in an effect does not thereby depend on the state, which it changes: that would never end.
    untrack(() => {
      const before = this.current;
      this.current = reduce(before, change);
      this.reduced(before, this.current, change);
    });
  }
}
