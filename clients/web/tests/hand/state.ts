/** First-class examples: the state of Bo, who has taken on Ana's dare. */
import type { OutboxEntry, Progress } from '../../src/outbox/entry';
import { EMPTY_SQUAD, foldSquad } from '../../src/state/fold-squad';
import type { SquadEvent } from '../../src/state/fold-squad';
import { initialState } from '../../src/state/state';
import type { State } from '../../src/state/state';
import type { CommandBodies } from '../../src/wire/types.generated';
import { T0, accepted, anaJoined, boJoined } from './squad';

export const view = [anaJoined, boJoined, accepted].reduce(foldSquad, EMPTY_SQUAD);

export const base: State = {
  ...initialState(T0, 'BO'),
  squads: { S: { n: 5, view, isLive: true, weeks: [], around: {} } },
  connection: { at: 'open' },
};

export function entry<K extends keyof CommandBodies>(
  k: K,
  b: CommandBodies[K],
  progress: Progress = { status: 'queued' },
): OutboxEntry {
  return { id: `C-${k}`, u: 'BO', s: 'S', k, b, at: T0, progress } as OutboxEntry;
}

export const withOutbox = (...outbox: OutboxEntry[]): State => ({ ...base, outbox });

/** Bo's state after more has happened. */
export function told(...events: SquadEvent[]): State {
  return {
    ...base,
    squads: { S: { n: 9, view: events.reduce(foldSquad, view), isLive: true, weeks: [], around: {} } },
  };
}
