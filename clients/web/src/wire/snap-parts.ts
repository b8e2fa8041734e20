/** A snapshot too big for one message comes in parts: lists are continued, single values are taken over. */
import type { Snap, SquadView } from './types.generated';

export function joinSnapParts(parts: readonly Snap[]): SquadView {
  const ordered = parts.toSorted((a, b) => (a.p?.[0] ?? 0) - (b.p?.[0] ?? 0));
  const whole: Record<string, unknown> = {};
  for (const [key, value] of ordered.flatMap((part) => Object.entries(part.b))) {
    const before = whole[key];
    whole[key] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }
  return whole as unknown as SquadView;
}
