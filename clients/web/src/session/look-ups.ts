/** What is looked up when it is looked at: weeks of the past, and my XP entries. Comes with the screens that ask. */
import type { Change } from '../state/changes';
import { playerOf } from '../state/select';
import type { State } from '../state/state';
import type { Call } from '../wire/http';
import type { LedgerAnswer, WeekAnswer } from '../wire/types.generated';

export interface LookUpPorts {
  call: Call;
  dispatch(change: Change): void;
  state(): State;
}

export interface LookUps {
  /** A week of the past. */
  loadWeek(squad: string, week: string): Promise<void>;
  /** My XP entries: the newest, or more of them. */
  loadLedger(which: 'newest' | 'more'): Promise<void>;
}

const LEDGER_PAGE = 20;

export function lookUps({ call, dispatch, state }: LookUpPorts): LookUps {
  return {
    loadWeek: async (squad, week) => {
      dispatch({ is: 'past-week', squad, week, past: { at: 'loading' } });
      const answer = await call<WeekAnswer>('GET', `/api/squads/${squad}/weeks/${encodeURIComponent(week)}`);
      const past = answer.isOk
        ? ({ at: 'there', board: answer.body } as const)
        : ({ at: 'refused', code: answer.error.code } as const);
      dispatch({ is: 'past-week', squad, week, past });
    },
    loadLedger: async (which) => {
      const after = which === 'more' ? (state().ledger.entries.at(-1)?.entry ?? null) : null;
      const player = playerOf(state());
      dispatch({ is: 'reading-ledger', reading: { at: 'loading' } });
      const before = after === null ? '' : `&before=${after}`;
      const answer = await call<LedgerAnswer>('GET', `/api/me/ledger?limit=${LEDGER_PAGE}${before}`);
      if (playerOf(state()) !== player) return; // somebody else's
      if (answer.isOk) dispatch({ is: 'ledger', page: answer.body, after });
      else dispatch({ is: 'reading-ledger', reading: { at: 'refused', code: answer.error.code } });
    },
  };
}
