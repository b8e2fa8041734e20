/** What a refusal leaves to do. Pure. */

/** The invite itself is refused: it is no use tapping again. */
export function refusesInvite(code: string): boolean {
  return code.startsWith('INVITE_') || code === 'SQUAD_FULL' || code === 'BANNED';
}

/** Whether the same command may succeed some other time. */
export function mayRetry(code: string): boolean {
  const isOver = ['FORBIDDEN', 'NOT_FOUND', 'WRONG_STATE', 'DEADLINE_PASSED', 'CONTENT_BLOCKED'].includes(
    code,
  );
  return !isOver && (!refusesInvite(code) || code === 'SQUAD_FULL');
}
