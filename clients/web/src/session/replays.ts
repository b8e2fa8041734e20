/** A battle once more, as the log has it. Comes with the screen that shows it; it never changes once it is over. */
import type { Call, HttpAnswer } from '../wire/http';
import type { ReplayAnswer } from '../wire/types.generated';

export function loadReplay(call: Call, squad: string, battle: string): Promise<HttpAnswer<ReplayAnswer>> {
  return call('GET', `/api/squads/${squad}/battles/${encodeURIComponent(battle)}`);
}
