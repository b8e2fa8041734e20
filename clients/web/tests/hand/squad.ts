/** First-class examples: Ana's squad, and events as they come off the wire. */
import { EMPTY_SQUAD } from '../../src/state/fold-squad';
import type { SquadEvent } from '../../src/state/fold-squad';
import type { EventBodies, SquadView } from '../../src/wire/types.generated';

export const T0 = 1_700_000_000_000;

export function event<K extends keyof EventBodies>(
  n: number,
  k: K,
  b: EventBodies[K],
  u: string | null = 'ANA',
  c: string | null = null,
): SquadEvent {
  return { n, k, at: T0 + n, u, c, b };
}

export const created = event(1, 'squad.created', { name: 'Owls', tz: 'UTC', size: 20, join_policy: 'CODE' });
export const anaJoined = event(2, 'member.joined', { player: 'ANA', handle: 'Ana', role: 'OWNER' });
export const boJoined = event(3, 'member.joined', { player: 'BO', handle: 'Bo', role: 'MEMBER' }, 'BO');

export const terms = {
  dare: 'D1',
  issuer: 'ANA',
  target: 'BO',
  text: 'Ask for a free slice.',
  kind: 'ASK',
  difficulty: 3,
  categories: [],
} as const satisfies Partial<EventBodies['dare.issued']>;

export const issued = event(4, 'dare.issued', {
  ...terms,
  categories: [],
  answer_by: T0 + 100,
  attempt_within_ms: 1000,
  ruleset: 1,
});
export const accepted = event(
  5,
  'dare.accepted',
  { ...terms, categories: [], attempt_by: T0 + 1000, ruleset: 1 },
  'BO',
);
export const started = event(
  6,
  'dare.started',
  { dare: 'D1', issuer: 'ANA', target: 'BO', lapses_at: T0 + 500, doubled: false },
  'BO',
);
export const reported = event(
  7,
  'dare.reported',
  {
    ...{ ...terms, outcome: 'REJECTED', line: 'She laughed.', arrived_at: T0 + 7 },
    ...{ categories: [], week: '2023-W46', settles_at: T0 + 9000, ruleset: 1, doubled: false },
  },
  'BO',
);

export function emptyView(): SquadView {
  return { ...EMPTY_SQUAD, name: 'Owls', size: 20 };
}

export const corrected = event(
  8,
  'dare.corrected',
  { dare: 'D1', issuer: 'ANA', target: 'BO', outcome: 'GRANTED' },
  'BO',
);
export const cheered = event(9, 'cheer.given', { dare: 'D1', target: 'BO', emoji: '🔥' }, 'ANA');
export const asked = event(10, 'join.requested', { player: 'CAT', handle: 'Cat' }, 'CAT');
