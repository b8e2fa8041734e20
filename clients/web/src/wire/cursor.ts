/** One squad's place in its log: what may be applied now, what waits, and whether something is missing. Pure. */

/** A numbered event, or null for a blank: an event at this number that is not for this viewer. */
export interface Numbered<E> {
  n: number;
  event: E | null;
}

export interface Cursor<E> {
  /** The last n applied; null: nothing yet, a snapshot is wanted. */
  have: number | null;
  /** Events past a gap, by n. */
  held: ReadonlyMap<number, E | null>;
}

export interface Step<E> {
  cursor: Cursor<E>;
  /** To apply now, in order, without a gap. */
  apply: readonly Numbered<E>[];
  /** True: something before the held ones is missing, ask for it with `sub` from `have`. */
  isGap: boolean;
}

/** Out-of-order events kept per squad; beyond it they are dropped, since the answer to `sub` brings them again. */
export const HELD_MAX = 64;

export function cursorAt<E>(have: number | null): Cursor<E> {
  return { have, held: new Map() };
}

export function receive<E>(cursor: Cursor<E>, { n, event }: Numbered<E>): Step<E> {
  const { have } = cursor;
  if (have !== null && n <= have) return { cursor, apply: [], isGap: false };
  if (have !== null && n === have + 1) return release(n, cursor.held, [{ n, event }]);
  const held = new Map(cursor.held);
  if (held.size < HELD_MAX) held.set(n, event);
  return { cursor: { have, held }, apply: [], isGap: true };
}

/** A snapshot contains every event up to n; later held ones follow at once. */
export function receiveSnap<E>(cursor: Cursor<E>, n: number): Step<E> {
  return release(n, cursor.held, []);
}

function release<E>(
  from: number,
  held: ReadonlyMap<number, E | null>,
  first: readonly Numbered<E>[],
): Step<E> {
  const rest = new Map([...held].filter(([n]) => n > from));
  const apply = [...first];
  let have = from;
  for (let event = rest.get(have + 1); event !== undefined; event = rest.get(have + 1)) {
    have += 1;
    rest.delete(have);
    apply.push({ n: have, event });
  }
  return { cursor: { have, held: rest }, apply, isGap: rest.size > 0 };
}
