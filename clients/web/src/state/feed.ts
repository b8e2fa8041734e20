/** What the feed still knows: corrections, cheers. Pure; what is optimistic is never stored. */
import type { DareCorrected, Emoji, EventBodies, SquadView } from '../wire/types.generated';
import { pendingForDare } from './dares';
import { playerOf, serverNow } from './select';
import type { State } from './state';

/** The events of one kind that the feed still holds, the oldest first. */
export function ofKind<K extends keyof EventBodies>(
  view: SquadView,
  kind: K,
): { at: number; u: string | null; b: EventBodies[K] }[] {
  return view.feed.flatMap(([, k, at, u, , b]) => (k === kind ? [{ at, u, b: b as EventBodies[K] }] : []));
}

/** How a report was put right, as far as the feed still knows. */
export function correctionOf(view: SquadView, dare: string): DareCorrected | undefined {
  return ofKind(view, 'dare.corrected').find(({ b }) => b.dare === dare)?.b;
}

const CORRECTION_MS = 10 * 60_000;

/** Whether a report of mine may still be put right: within ten minutes, once (rules §3). */
export function mayCorrect(state: State, squad: string, dare: string): boolean {
  const view = state.squads[squad]?.view;
  const report = view && ofKind(view, 'dare.reported').find(({ b }) => b.dare === dare);
  if (!view || report?.b.target !== playerOf(state)) return false;
  const isOnItsWay = pendingForDare(state, squad, dare).some(({ k }) => k === 'dare.correct');
  const isInTime = serverNow(state) < report.b.arrived_at + CORRECTION_MS;
  return isInTime && !isOnItsWay && correctionOf(view, dare) === undefined;
}

export interface Cheer {
  count: number;
  isMine: boolean;
}

/** Who cheered for a dare, by emoji, mine on its way too; as far as the feed still knows. */
export function cheersOf(state: State, squad: string, dare: string): Partial<Record<Emoji, Cheer>> {
  const view = state.squads[squad]?.view ?? null;
  const told = view === null ? [] : ofKind(view, 'cheer.given').map(({ u, b }) => ({ u, ...b }));
  const onTheirWay = pendingForDare(state, squad, dare).flatMap(({ k, u, b, progress }) =>
    k === 'cheer' && progress.status !== 'needs-you' ? [{ u, ...b }] : [],
  );
  const cheers: Partial<Record<Emoji, Cheer>> = {};
  for (const { u, emoji } of [...told, ...onTheirWay].filter((cheer) => cheer.dare === dare)) {
    const { count, isMine } = cheers[emoji] ?? { count: 0, isMine: false };
    cheers[emoji] = { count: count + 1, isMine: isMine || u === playerOf(state) };
  }
  return cheers;
}
