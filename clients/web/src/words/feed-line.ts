/** One event of the feed in words. Pure; an unknown kind still has a line. */
import { correctionOf, ofKind } from '../state/feed';
import { dareWords, nameOf } from '../state/select';
import type { State } from '../state/state';
import type { EventBodies, FeedRow, Outcome, SquadView } from '../wire/types.generated';
import { words } from './inside';
import { zoneName } from './time';

export interface FeedLine {
  title: string;
  /** The dare itself. */
  dare?: string;
  /** What the person wrote, and how many were asked. */
  quote?: string;
  counts?: string;
  outcome?: Outcome;
  /** A little more about it. */
  note?: string;
  /** The dare that can be cheered for, and whose deed it is; on the newest line about it only. */
  cheer?: { dare: string; target: string };
  /** The battle that is over: there is a result to look at. */
  battle?: string;
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
    case 'squad.renamed':
      return plain(feed.renamed(who(u), known.b.name ?? words.unnamedSquad));
    case 'squad.settings_changed': {
      const { size, join_policy, tz } = known.b;
      const parts = [
        ...(size == null ? [] : [feed.sizeNow(size)]),
        ...(join_policy == null ? [] : [feed.policyNow[join_policy]]),
        ...(tz == null ? [] : [feed.tzNow(zoneName(tz))]),
      ];
      return { ...plain(feed.changed(who(u))), note: parts.join(' · ') };
    }
    case 'member.joined': {
      const { player, invited_by } = known.b;
      if (u !== null && u !== player) return plain(feed.letIn(who(player), whom(u)));
      const isInvited = invited_by !== undefined && invited_by !== player;
      return plain(isInvited ? feed.joinedBy(who(player), whom(invited_by)) : feed.joined(who(player)));
    }
    case 'member.left':
      return plain(feed.left(who(known.b.player)));
    case 'member.kicked':
      return plain(feed.kicked(who(u), whom(known.b.player)));
    case 'member.banned':
      return plain(feed.banned(who(u), whom(known.b.player)));
    case 'member.unbanned':
      return plain(feed.unbanned(who(known.b.player)));
    case 'role.changed': {
      const { player, role } = known.b;
      if (role === 'CAPTAIN') return plain(player === me ? feed.captainYou : feed.captain(name(player)));
      return plain(player === me ? feed.captainNoMoreYou : feed.captainNoMore(name(player)));
    }
    case 'join.requested':
      return {
        title: feed.asked(known.b.handle ?? words.formerMember),
        isShown: view.requests.some(({ player }) => player === known.b.player), // until it is answered
      };
    case 'join.cancelled':
    case 'join.declined': // nobody's "no" is put on show
      return { title: feed.askedNoMore(name(known.b.player)), isShown: false };
    case 'week.closed':
      return plain(feed.weekClosed);
    case 'squad.archived':
      return plain(feed.archived);
    case 'ownership.passed':
      return plain(feed.passed(whom(known.b.player)));
    case 'invite.issued':
      return { title: feed.invited(who(u)), isShown: false };
    case 'invite.revoked':
      return { title: feed.revoked(who(u)), isShown: false };
    case 'dare.issued': {
      const { issuer, target } = known.b;
      if (issuer === target) return { title: '', isShown: false };
      return { ...plain(feed.issued(who(issuer), whom(target))), ...dareLine(known.b) };
    }
    case 'dare.accepted': {
      const { dare, issuer, target } = known.b;
      const self = target === me ? feed.yourself : feed.themselves;
      const title =
        issuer === target ? feed.acceptedOwn(who(target), self) : feed.accepted(who(target), whom(issuer));
      const isReported = ofKind(view, 'dare.reported').some((report) => report.b.dare === dare);
      return { ...plain(title), ...dareLine(known.b), ...(isReported ? {} : { cheer: { dare, target } }) };
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
      const { dare, target, line } = known.b;
      const correction = correctionOf(view, dare);
      const { outcome, counts } = correction ?? known.b;
      return {
        ...plain(feed.reported[outcome](who(target))),
        ...dareLine(known.b),
        ...{ outcome, cheer: { dare, target } },
        ...(correction === undefined ? {} : { note: feed.putRight }),
        ...(line == null ? {} : { quote: line }),
        ...(counts == null
          ? {}
          : { counts: feed.counts(counts.asked, counts.no, counts.yes, counts.ignored) }),
      };
    }
    case 'dare.corrected': {
      // The report itself shows what is in force; this line stands in for it where it is too long ago.
      const { dare, target, outcome } = known.b;
      const isReported = ofKind(view, 'dare.reported').some((report) => report.b.dare === dare);
      return { title: feed.corrected(who(target)), outcome, isShown: !isReported };
    }
    case 'cheer.given': // shown with what it is for
      return { title: feed.cheered(who(u), known.b.emoji), isShown: false };
    case 'battle.opened':
      return plain(feed.battleOpened(who(known.b.host)));
    case 'battle.joined': // the lobby shows who is in
      return { title: feed.battleJoined(who(known.b.player)), isShown: false };
    case 'battle.left':
      return { title: feed.battleLeft(who(known.b.player)), isShown: false };
    case 'battle.countdown_started':
      return { title: feed.battleCountdown, isShown: false };
    case 'battle.went_live':
      return plain(feed.battleLive);
    case 'battle.grace_started':
      return { title: feed.battleGrace, isShown: false };
    case 'battle.finished':
      return { ...plain(feed.battleFinished), battle: known.b.battle };
    case 'battle.cancelled':
      return { title: feed.battleCancelled, isShown: false };
    case 'dare.settled':
      return { title: feed.settled, isShown: false };
    default:
      known satisfies never;
      return { title: feed.unknown, isShown: false };
  }
}

function isIssuer(dare: string, view: SquadView, me: string | null): boolean {
  return ofKind(view, 'dare.issued').some(({ b }) => b.dare === dare && b.issuer === me);
}
