/** Bytes to messages and back. No bytes make it throw: what is not a message we know is null, and ignored. */
import { decode, encode } from '@msgpack/msgpack';
import type { ClientMessage, ServerMessage } from './types.generated';

const KNOWN: Record<ServerMessage['t'], true> = {
  welcome: true,
  ev: true,
  evs: true,
  snap: true,
  live: true,
  view: true,
  pres: true,
  ack: true,
  err: true,
  ping: true,
  exp: true,
  drain: true,
  out: true,
};

export function encodeMessage(message: ClientMessage): Uint8Array<ArrayBuffer> {
  return encode(message, { ignoreUndefined: true });
}

export function decodeMessage(bytes: Uint8Array): ServerMessage | null {
  let message: unknown;
  try {
    message = decode(bytes);
  } catch {
    return null;
  }
  return isServerMessage(message) ? message : null;
}

/** Checks the tag only: the server's encoder is typed, and unknown keys are to be ignored anyway. */
function isServerMessage(value: unknown): value is ServerMessage {
  if (typeof value !== 'object' || value === null || !('t' in value)) return false;
  return typeof value.t === 'string' && Object.hasOwn(KNOWN, value.t);
}
