/** What a refusal leaves to do. Pure. */

/** The invite itself is refused: it is no use tapping again. */
export function refusesInvite(code: string): boolean {
  return code.startsWith('INVITE_') || code === 'SQUAD_FULL' || code === 'BANNED';
}

/** Of a tap on "join": one has to ask here now, and the invite says so when it is looked at again. */
export function wantsAsking(code: string): boolean {
  return code === 'FORBIDDEN';
}

const IS_OVER = new Set([
  ...['FORBIDDEN', 'NOT_FOUND', 'WRONG_STATE', 'DEADLINE_PASSED', 'CONTENT_BLOCKED'],
  ...['LAST_OWNER', 'CONSENT_REQUIRED', 'BATTLE_CLOSED', 'BATTLE_NOT_SAFE_CARD'],
]);

/** Whether the same command may succeed some other time. */
export function mayRetry(code: string): boolean {
  return !IS_OVER.has(code) && (!refusesInvite(code) || code === 'SQUAD_FULL');
}
