import type { BattleNow, SquadView } from '../wire/types.generated';

/** The squad's battle, for as long as it is not over. Pure. */
export function activeBattle(view: SquadView): BattleNow | null {
  return view.battle == null || view.battle.state === 'FINISHED' ? null : view.battle;
}
