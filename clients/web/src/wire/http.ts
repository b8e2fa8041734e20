/** The few calls that are not on the socket; `session` has those of the screens behind the door. An answer is a value or a code; nothing is thrown. */
import { NO_ANSWER } from './codes';
import type { DeckAnswer, Refused, SignedIn, Guest, Invitation, Ticket } from './types.generated';

/** A refusal of the server's, or no answer at all. */
export type HttpError = Omit<Refused, 'code'> & { code: Refused['code'] | typeof NO_ANSWER };

export type HttpAnswer<T> = { isOk: true; body: T } | { isOk: false; error: HttpError };

const ANSWER_WITHIN_MS = 10_000;
const NOTHING_TO_SAY = 204;

export interface Http {
  guest(request: Guest): Promise<HttpAnswer<SignedIn>>;
  ticket(): Promise<HttpAnswer<Ticket>>;
  invite(code: string): Promise<HttpAnswer<Invitation>>;
  deck(locale: string): Promise<HttpAnswer<DeckAnswer>>;
}

export const browserHttp: Http = {
  guest: (request) => call('POST', '/api/guest', request),
  ticket: () => call('POST', '/api/ticket', {}),
  invite: (code) => call('GET', `/api/invites/${encodeURIComponent(code)}`),
  deck: (locale) => call('GET', `/api/deck?locale=${locale}`),
};

export type Call = <T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
) => Promise<HttpAnswer<T>>;

export async function call<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<HttpAnswer<T>> {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const answer: unknown = response.status === NOTHING_TO_SAY ? null : await response.json();
    if (response.ok) return { isOk: true, body: answer as T };
    return { isOk: false, error: (answer as { error: HttpError }).error };
  } catch {
    return { isOk: false, error: { code: NO_ANSWER, message: 'no answer' } };
  }
}
