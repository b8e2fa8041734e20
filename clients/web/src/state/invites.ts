/** The ways into a squad. Pure. */
import type { InviteRow, SquadView } from '../wire/types.generated';

/** The invites that still work, the newest first: neither over nor used up. */
export function openInvites({ invites }: SquadView, now: number): InviteRow[] {
  return invites
    .filter(({ expires_at, uses = 0, max_uses }) => expires_at > now && uses < max_uses)
    .toReversed();
}

/** My newest invite of this squad that still works: nobody else's has a code to show. */
export function openInvite(view: SquadView, now: number): InviteRow | null {
  return openInvites(view, now).find(({ code }) => code !== undefined) ?? null;
}
