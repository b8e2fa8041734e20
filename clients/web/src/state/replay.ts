/** Going through a battle that is over, moment by moment. Pure. */
import type { Moment } from '../wire/types.generated';

/** A step within the moments there are. */
export function clamped(step: number, moments: readonly Moment[]): number {
  return Math.min(Math.max(0, Math.round(step)), moments.length - 1);
}

export function isLast(step: number, moments: readonly Moment[]): boolean {
  return step >= moments.length - 1;
}

/** Where playing begins: from the start again, once the end is reached. */
export function playFrom(step: number, moments: readonly Moment[]): number {
  return isLast(step, moments) ? 0 : step;
}
