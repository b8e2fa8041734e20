/** One viewer's squad as a fold of the events that viewer may see: the same function as the server's. Pure. */
import type {
  BattleNow,
  BattleOpened,
  DareAccepted,
  DareCorrected,
  DareIssued,
  DareReported,
  DareRow,
  EventBodies,
  FeedRow,
  InviteIssued,
  InviteRow,
  JoinRequested,
  MemberJoined,
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
  requests: [],
  banned: [],
  invites: [],
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
      return { ...named(view, name), tz, size, join_policy };
    }
    case 'squad.renamed':
      return named(view, known.b.name);
    case 'squad.settings_changed': {
      const { size = view.size, join_policy = view.join_policy, tz = view.tz } = known.b;
      return { ...view, size, join_policy, tz };
    }
    case 'squad.archived':
      return { ...view, archived: true, invites: [] };
    case 'ownership.passed':
      return withRole(withRole(view, known.b.previous, 'MEMBER'), known.b.player, 'OWNER');
    case 'role.changed':
      return withRole(view, known.b.player, known.b.role);
    case 'member.joined':
      return joined(view, known.b, known.at);
    case 'member.left':
    case 'member.kicked':
      return left(view, known.b.player);
    case 'member.banned':
      return banned(view, known.b.player);
    case 'member.unbanned':
      return { ...view, banned: without(view.banned, known.b.player) };
    case 'join.requested':
      return requested(view, known.b, known.at);
    case 'join.cancelled':
    case 'join.declined':
      return { ...view, requests: without(view.requests, known.b.player) };
    case 'invite.issued':
      return invited(view, known.b, known.u ?? '', known.at); // the system makes no invites
    case 'invite.revoked':
      return { ...view, invites: view.invites.filter(({ invite }) => invite !== known.b.invite) };
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
    case 'dare.corrected':
      return changeDare(view, known.b.dare, (row) => corrected(row, known.b));
    case 'dare.declined':
    case 'dare.bailed':
    case 'dare.expired':
    case 'dare.withdrawn':
    case 'dare.not_taken':
    case 'dare.settled':
      return { ...view, dares: view.dares.filter((row) => row.dare !== known.b.dare) };
    case 'battle.opened':
      return { ...view, battle: opened(known.b) };
    case 'battle.joined': {
      const { battle, player } = known.b;
      return inBattle(view, battle, ({ participants }) => ({ participants: [...participants, player] }));
    }
    case 'battle.left': {
      const { battle, player } = known.b;
      return inBattle(view, battle, ({ participants }) => ({
        participants: participants.filter((other) => other !== player),
      }));
    }
    case 'battle.countdown_started': {
      const { battle, starts_at } = known.b;
      return inBattle(view, battle, () => ({ state: 'COUNTDOWN', starts_at }));
    }
    case 'battle.went_live': {
      const { battle, ends_at } = known.b;
      return inBattle(view, battle, () => ({ state: 'LIVE', ends_at }));
    }
    case 'battle.grace_started': {
      const { battle, until } = known.b;
      return inBattle(view, battle, () => ({ state: 'GRACE', until }));
    }
    case 'battle.finished':
      return inBattle(view, known.b.battle, () => ({ state: 'FINISHED' }));
    case 'battle.cancelled':
      return view.battle?.battle === known.b.battle ? withoutBattle(view) : view;
    case 'week.closed':
    case 'cheer.given':
      return view;
    default:
      known satisfies never;
      return view;
  }
}

/** Without a name, if whoever gave it was erased. */
function named({ name: _, ...view }: SquadView, name: string | null | undefined): SquadView {
  return name == null ? view : { ...view, name };
}

function joined(view: SquadView, { player, handle, role, invite }: MemberJoined, at: number): SquadView {
  const row = { player, ...(handle == null ? {} : { handle }), role, joined_at: at };
  const isBack = view.roster.some((other) => other.player === player);
  const roster = isBack
    ? view.roster.map((other) => (other.player === player ? row : other))
    : [...view.roster, row];
  const invites = view.invites.map((way) =>
    way.invite === invite ? { ...way, uses: (way.uses ?? 0) + 1 } : way,
  );
  return { ...view, roster, invites, requests: without(view.requests, player) };
}

function requested(view: SquadView, { player, handle }: JoinRequested, at: number): SquadView {
  const row = { player, ...(handle == null ? {} : { handle }), asked_at: at };
  return { ...view, requests: [...without(view.requests, player), row] };
}

/** Whoever only asked is in no roster: their name stands with their asking. */
function banned(view: SquadView, player: string): SquadView {
  const handle = [...view.roster, ...view.requests].find((row) => row.player === player)?.handle;
  const row = { player, ...(handle === undefined ? {} : { handle }) };
  return {
    ...left(view, player),
    requests: without(view.requests, player),
    banned: [...without(view.banned, player), row],
  };
}

/** Those that are over go at this moment: years of them do not pile up. */
function invited(view: SquadView, body: InviteIssued, by: string, at: number): SquadView {
  const { invite, code, expires_at, max_uses } = body;
  const row: InviteRow = {
    ...{ invite, by, expires_at, max_uses, issued_at: at },
    ...(code == null ? {} : { code }),
  };
  return { ...view, invites: [...view.invites.filter((other) => other.expires_at > at), row] };
}

/** A lobby; whoever takes part comes with the next events. */
function opened(body: BattleOpened): BattleNow {
  const { battle, host, mode, duration_ms, cards, heat, double_down, ruleset } = body;
  return {
    ...{ battle, host, mode, duration_ms, cards, heat, double_down, ruleset },
    ...{ state: 'LOBBY', participants: [] },
  };
}

function withoutBattle({ battle: _, ...view }: SquadView): SquadView {
  return view;
}

/** The timer of the one before may ring after the next was opened. */
function inBattle(view: SquadView, id: string, change: (battle: BattleNow) => Partial<BattleNow>): SquadView {
  const { battle } = view;
  return battle?.battle === id ? { ...view, battle: { ...battle, ...change(battle) } } : view;
}

function left(view: SquadView, player: string): SquadView {
  return changeMember(view, player, (row) => ({ ...row, left: true }));
}

function withRole(view: SquadView, player: string, role: RosterRow['role']): SquadView {
  return changeMember(view, player, (row) => ({ ...row, role }));
}

function changeMember(view: SquadView, player: string, change: (row: RosterRow) => RosterRow): SquadView {
  return { ...view, roster: view.roster.map((row) => (row.player === player ? change(row) : row)) };
}

function without<T extends { player: string }>(rows: readonly T[], player: string): T[] {
  return rows.filter((row) => row.player !== player);
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

function corrected({ counts: _, ...row }: DareRow, { outcome, counts }: DareCorrected): DareRow {
  return { ...row, outcome, ...(counts == null ? {} : { counts }) };
}

function terms(body: DareIssued | DareAccepted): Omit<DareRow, 'state'> {
  const { dare, issuer, target, card, text, kind, difficulty, categories, battle } = body;
  return {
    ...{ dare, issuer, target, kind, difficulty, categories },
    ...(card == null ? {} : { card }),
    ...(text == null ? {} : { text }),
    ...(battle == null ? {} : { battle }),
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
