/** A clock that moves only by hand. */
import type { Cancel, Clock } from '../../src/wire/ports';

export class HandClock implements Clock {
  private timers: { at: number; run: () => void }[] = [];

  constructor(private ms = 1_700_000_000_000) {}

  now(): number {
    return this.ms;
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer = { at: this.ms + delayMs, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Runs what is due on the way, in order. */
  advance(byMs: number): void {
    const end = this.ms + byMs;
    for (let next = this.due(end); next !== undefined; next = this.due(end)) {
      this.ms = Math.max(this.ms, next.at);
      this.timers = this.timers.filter((other) => other !== next);
      next.run();
    }
    this.ms = end;
  }

  private due(end: number): { at: number; run: () => void } | undefined {
    return this.timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  }
}
