/** Who is in a squad, and who may act on whom. Pure. */
import type { Role, RosterRow, SquadView } from '../wire/types.generated';

export function membersOf(view: SquadView): RosterRow[] {
  return view.roster.filter((row) => row.left !== true);
}

export function roleOf(view: SquadView, player: string | null): Role | undefined {
  return membersOf(view).find((row) => row.player === player)?.role;
}

const RANK: Record<Role, number> = { MEMBER: 0, CAPTAIN: 1, OWNER: 2 };

export function leads(role: Role | undefined): boolean {
  return role !== undefined && RANK[role] > RANK.MEMBER;
}

/** Nobody acts on an equal or a higher role (INV-S4). */
export function outranks(role: Role | undefined, other: Role): boolean {
  return role !== undefined && leads(role) && RANK[role] > RANK[other];
}
