/** One viewer's squad as a fold of the events that viewer may see: the same function as the server's. Pure. */
import type {
  DareAccepted,
  DareIssued,
  DareReported,
  DareRow,
  EventBodies,
  FeedRow,
  MemberJoined,
  OwnershipPassed,
  RosterRow,
  SquadView,
} from '../wire/types.generated';

/** A visible event as it comes off the wire; its kind may be one this client does not know yet. */
export interface SquadEvent {
  n: number;
  k: string;
  at: number;
  u?: string | null;
  c?: string | null;
  b: unknown;
}

type KnownEvent = { [K in keyof EventBodies]: SquadEvent & { k: K; b: EventBodies[K] } }[keyof EventBodies];

export const FEED_MAX = 50;

export const EMPTY_SQUAD: SquadView = {
  tz: 'UTC',
  size: 0,
  join_policy: 'CODE',
  roster: [],
  dares: [],
  feed: [],
};

export function foldSquad(view: SquadView, event: SquadEvent): SquadView {
  const { n, k, at, u, c, b } = event;
  const row: FeedRow = [n, k, at, u ?? null, c ?? null, b];
  return { ...evolve(view, event), feed: [...view.feed, row].slice(-FEED_MAX) };
}

function evolve(view: SquadView, event: SquadEvent): SquadView {
  const known = event as KnownEvent;
  switch (known.k) {
    case 'squad.created': {
      const { name, tz, size, join_policy } = known.b;
      return { ...view, ...(name == null ? {} : { name }), tz, size, join_policy };
    }
    case 'squad.archived':
      return { ...view, archived: true };
    case 'ownership.passed':
      return { ...view, roster: view.roster.map((row) => withRole(row, known.b)) };
    case 'member.joined':
      return joined(view, known.b, known.at);
    case 'member.left':
      return left(view, known.b.player);
    case 'dare.issued':
      return withDare(view, offered(known.b));
    case 'dare.accepted':
      return withDare(view, accepted(known.b));
    case 'dare.started': {
      const { dare, lapses_at } = known.b;
      return changeDare(view, dare, (row) => ({ ...row, state: 'IN_PROGRESS', lapses_at }));
    }
    case 'dare.start_lapsed':
      return changeDare(view, known.b.dare, (row) => ({ ...withoutLapse(row), state: 'ACCEPTED' }));
    case 'dare.reported':
      return changeDare(view, known.b.dare, (row) => reported(row, known.b));
    case 'dare.declined':
    case 'dare.bailed':
    case 'dare.expired':
    case 'dare.withdrawn':
    case 'dare.not_taken':
    case 'dare.settled':
      return { ...view, dares: view.dares.filter((row) => row.dare !== known.b.dare) };
    case 'invite.issued':
      return view;
    default:
      known satisfies never;
      return view;
  }
}

function joined(view: SquadView, { player, handle, role }: MemberJoined, at: number): SquadView {
  const row = { player, ...(handle == null ? {} : { handle }), role, joined_at: at };
  const isBack = view.roster.some((other) => other.player === player);
  const roster = isBack
    ? view.roster.map((other) => (other.player === player ? row : other))
    : [...view.roster, row];
  return { ...view, roster };
}

function withRole(row: RosterRow, { player, previous }: OwnershipPassed): RosterRow {
  if (row.player === previous) return { ...row, role: 'MEMBER' };
  return row.player === player ? { ...row, role: 'OWNER' } : row;
}

function left(view: SquadView, player: string): SquadView {
  return {
    ...view,
    roster: view.roster.map((row) => (row.player === player ? { ...row, left: true } : row)),
  };
}

function offered(body: DareIssued): DareRow {
  return { ...terms(body), state: 'OFFERED', answer_by: body.answer_by };
}

function accepted(body: DareAccepted): DareRow {
  return { ...terms(body), state: 'ACCEPTED', attempt_by: body.attempt_by };
}

function reported(row: DareRow, { outcome, counts, line, settles_at }: DareReported): DareRow {
  return {
    ...withoutLapse(row),
    state: 'REPORTED',
    outcome,
    settles_at,
    ...(counts == null ? {} : { counts }),
    ...(line == null ? {} : { line }),
  };
}

function terms(body: DareIssued | DareAccepted): Omit<DareRow, 'state'> {
  const { dare, issuer, target, card, text, kind, difficulty, categories } = body;
  return {
    ...{ dare, issuer, target, kind, difficulty, categories },
    ...(card == null ? {} : { card }),
    ...(text == null ? {} : { text }),
  };
}

function withoutLapse({ lapses_at: _, ...row }: DareRow): DareRow {
  return row;
}

/** In its old place if it is known, at the end if not. */
function withDare(view: SquadView, row: DareRow): SquadView {
  const isKnown = view.dares.some((other) => other.dare === row.dare);
  return isKnown ? changeDare(view, row.dare, () => row) : { ...view, dares: [...view.dares, row] };
}

function changeDare(view: SquadView, dare: string, change: (row: DareRow) => DareRow): SquadView {
  return { ...view, dares: view.dares.map((row) => (row.dare === dare ? change(row) : row)) };
}
