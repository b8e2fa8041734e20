/** What the final answer to a command leads to: into a squad, to a dead invite, or out of here. Called by `app`. */
import type { Entry } from '../actions';
import type { Answer, OutboxEntry } from '../outbox/entry';
import type { Outbox } from '../outbox/outbox';
import type { Router } from '../router/history';
import { arrival } from '../router/route';
import type { Change } from '../state/changes';
import { refusesInvite, wantsAsking } from '../state/refusals';
import type { State } from '../state/state';
import type { Sync } from '../wire/sync';
import type { SquadAnswer } from '../wire/types.generated';
import type { SignIn } from './sign-in';

export interface AnswerPorts {
  outbox: Pick<Outbox, 'isFromHere'>;
  sync: Pick<Sync, 'follow'>;
  signIn: Pick<SignIn, 'signedOut'>;
  router: Router;
  loadInvite(code: string): void;
  dispatch(change: Change): void;
  state(): State;
}

/** Of the commands of every tab: each of them hears each answer. */
export function heedAnswers(ports: AnswerPorts): (entry: OutboxEntry, answer: Answer) => void {
  const { outbox, sync, signIn, router, loadInvite, dispatch, state } = ports;
  /** A squad just made or joined is followed, and shown where the person waits for it. */
  const entered = (id: string, kind: 'squad.create' | Entry, body: unknown): void => {
    const { squad } = body as SquadAnswer;
    if (kind === 'squad.request') dispatch({ is: 'asked', squad });
    else sync.follow(squad);
    const { route } = state();
    if (outbox.isFromHere(id) && (route.at === 'join' || route.at === 'start'))
      router.go(arrival(route, squad), 'replace');
  };
  /** An invite that died between the look and the tap is shown as one that was dead from the start. */
  const entryRefused = (code: string, reason: string): void => {
    if (refusesInvite(reason)) dispatch({ is: 'invite', code, invite: { at: 'refused', code: reason } });
    if (wantsAsking(reason)) loadInvite(code);
  };
  return (entry, answer) => {
    const { id } = entry;
    switch (entry.k) {
      case 'squad.join':
      case 'squad.request':
        if (answer.isOk) entered(id, entry.k, answer.b);
        else entryRefused(entry.b.code, answer.refused.code);
        break;
      case 'squad.create':
        if (answer.isOk) entered(id, entry.k, answer.b);
        break;
      case 'player.erase':
        if (answer.isOk) void signIn.signedOut('erased');
        break;
      default:
    }
  };
}
