/** What a group ask came to, from its counts (rules §4). Pure; the server decides by the same rule. */
import type { Counts, Outcome } from '../wire/types.generated';

export function outcomeOf({ asked, no, yes, ignored }: Counts): Outcome {
  if (no * 2 > asked) return 'REJECTED';
  if (yes * 2 > asked) return 'GRANTED';
  if (ignored * 2 > asked) return 'IGNORED';
  return 'MIXED';
}
