/** One event of the feed in words. Pure; an unknown kind still has a line. */
import { dareWords, nameOf } from '../state/select';
import type { State } from '../state/state';
import type { EventBodies, FeedRow, Outcome, SquadView } from '../wire/types.generated';
import { words } from './words';

export interface FeedLine {
  title: string;
  /** The dare itself. */
  dare?: string;
  /** What the person wrote, and how many were asked. */
  quote?: string;
  counts?: string;
  outcome?: Outcome;
  /** Worth a row to this viewer; false: counted, but only noise on the screen. */
  isShown: boolean;
}

type Known = { [K in keyof EventBodies]: { k: K; b: EventBodies[K] } }[keyof EventBodies];

export function feedLine(row: FeedRow, view: SquadView, me: string | null, deck: State['deck']): FeedLine {
  const [, k, , u, , b] = row;
  const { feed } = words;
  const known = { k, b } as Known;
  const name = (player: string | null): string => nameOf(view, player) ?? words.formerMember;
  const who = (player: string | null): string => (player === me ? words.you : name(player));
  const whom = (player: string): string => (player === me ? feed.youObject : name(player));
  const plain = (title: string): FeedLine => ({ title, isShown: true });
  const dareLine = (body: { card?: string; text?: string }): { dare?: string } => {
    const text = dareWords(body, deck);
    return text === null ? {} : { dare: text };
  };

  switch (known.k) {
    case 'squad.created':
      return plain(feed.created(who(u), known.b.name ?? words.unnamedSquad));
    case 'member.joined': {
      const { player, invited_by } = known.b;
      const isInvited = invited_by !== undefined && invited_by !== player;
      return plain(isInvited ? feed.joinedBy(who(player), whom(invited_by)) : feed.joined(who(player)));
    }
    case 'member.left':
      return plain(feed.left(who(known.b.player)));
    case 'squad.archived':
      return plain(feed.archived);
    case 'ownership.passed':
      return plain(feed.passed(whom(known.b.player)));
    case 'invite.issued':
      return { title: feed.invited(who(u)), isShown: false };
    case 'dare.issued': {
      const { issuer, target } = known.b;
      if (issuer === target) return { title: '', isShown: false };
      return { ...plain(feed.issued(who(issuer), whom(target))), ...dareLine(known.b) };
    }
    case 'dare.accepted': {
      const { issuer, target } = known.b;
      const self = target === me ? feed.yourself : feed.themselves;
      const title =
        issuer === target ? feed.acceptedOwn(who(target), self) : feed.accepted(who(target), whom(issuer));
      return { ...plain(title), ...dareLine(known.b) };
    }
    case 'dare.started':
      return plain(feed.started(who(known.b.target)));
    case 'dare.start_lapsed':
      return plain(feed.lapsed(who(known.b.target)));
    case 'dare.declined':
      return plain(feed.declined);
    case 'dare.bailed':
      return plain(feed.bailed);
    case 'dare.expired':
      return plain(feed.expired);
    case 'dare.withdrawn':
      return plain(feed.withdrawn);
    case 'dare.not_taken': // news for whoever dared; "not today" is free, so nobody else is told
      return { title: feed.notTaken, isShown: isIssuer(known.b.dare, view, me) };
    case 'dare.reported': {
      const { target, outcome, line, counts } = known.b;
      return {
        ...plain(feed.reported[outcome](who(target))),
        ...dareLine(known.b),
        outcome,
        ...(line == null ? {} : { quote: line }),
        ...(counts == null
          ? {}
          : { counts: feed.counts(counts.asked, counts.no, counts.yes, counts.ignored) }),
      };
    }
    case 'dare.settled':
      return { title: feed.settled, isShown: false };
    default:
      known satisfies never;
      return { title: feed.unknown, isShown: false };
  }
}

function isIssuer(dare: string, view: SquadView, me: string | null): boolean {
  return view.feed.some(([, k, , , , b]) => {
    const issued = b as Partial<EventBodies['dare.issued']>;
    return k === 'dare.issued' && issued.dare === dare && issued.issuer === me;
  });
}
