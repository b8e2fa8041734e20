/** The dares of a squad as they will be once my commands on their way are in the log. Pure. */
import type { OutboxEntry } from '../outbox/entry';
import type { DareRow, LedgerEntry } from '../wire/types.generated';
import { outcomeOf } from './outcome';
import { pendingOf } from './select';
import type { State } from './state';

/** The live dares as they will be once my commands on their way are in the log. */
export function daresOf(state: State, squad: string): DareRow[] {
  const rows = state.squads[squad]?.view?.dares ?? [];
  return pendingOf(state, squad)
    .filter(({ progress }) => progress.status !== 'needs-you')
    .reduce(withPending, rows);
}

export function dareOf(state: State, squad: string, dare: string): DareRow | undefined {
  return daresOf(state, squad).find((row) => row.dare === dare);
}

/** The command on its way for a dare, or the one that needs me. */
export function pendingForDare(state: State, squad: string, dare: string): OutboxEntry[] {
  return pendingOf(state, squad).filter(({ b }) => 'dare' in b && b.dare === dare);
}

/** What a dare of mine to do earned, once the ledger says so: the newest grant, if it was put right. */
export function gainOf({ me }: State, dare: string): LedgerEntry | undefined {
  return me?.b.recent.find(
    (entry) => entry.dare === dare && entry.kind === 'MAIN' && entry.reverses === undefined,
  );
}

function withPending(rows: DareRow[], { k, b }: OutboxEntry): DareRow[] {
  const change = (dare: string, to: (row: DareRow) => DareRow): DareRow[] =>
    rows.map((row) => (row.dare === dare ? to(row) : row));
  switch (k) {
    case 'dare.accept':
      return change(b.dare, (row) => ({ ...row, state: 'ACCEPTED' }));
    case 'dare.start':
      return change(b.dare, (row) => ({ ...row, state: 'IN_PROGRESS' }));
    case 'dare.decline':
    case 'dare.bail':
    case 'dare.withdraw':
      return rows.filter((row) => row.dare !== b.dare);
    case 'dare.report': {
      const outcome = b.counts === undefined ? b.outcome : outcomeOf(b.counts);
      const extra = { ...(outcome && { outcome }), ...(b.line && { line: b.line }) };
      return change(b.dare, (row) => ({ ...row, state: 'REPORTED', ...extra }));
    }
    case 'dare.correct': {
      const outcome = b.counts === undefined ? b.outcome : outcomeOf(b.counts);
      return change(b.dare, (row) => ({ ...row, ...(outcome && { outcome }) }));
    }
    default:
      return rows;
  }
}
