/** What somebody picked as the answer of the world, on its way into a command. Pure. */
import type { Counts, Outcome } from '../wire/types.generated';

export interface Picked {
  outcome: Outcome | null;
  isGroup: boolean;
  counts: Counts;
}

export const NOBODY_COUNTED: Counts = { asked: 1, no: 0, yes: 0, ignored: 0 };

export function isAnswered({ outcome, isGroup, counts }: Picked): boolean {
  return isGroup ? counts.no + counts.yes + counts.ignored > 0 : outcome !== null;
}

/** The part of a report or a correction; counts speak for themselves. */
export function answerOf({ outcome, isGroup, counts }: Picked): { outcome?: Outcome; counts?: Counts } {
  if (isGroup) return { counts };
  return outcome === null ? {} : { outcome };
}
