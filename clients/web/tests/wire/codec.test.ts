import { encode } from '@msgpack/msgpack';
import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/wire/codec';

test('what was encoded decodes to the same message', () => {
  const ev = {
    t: 'ev',
    s: 'S',
    n: 7,
    k: 'dare.started',
    at: 1_700_000_000_000,
    u: null,
    c: null,
    b: { dare: 'D' },
  };

  expect(decodeMessage(encode(ev))).toEqual(ev);
});

test('an absent field is not on the wire', () => {
  const bytes = encodeMessage({ t: 'cmd', id: 'I', k: 'dare.start', b: { dare: 'D', line: undefined } });

  expect(bytes).toEqual(encode({ t: 'cmd', id: 'I', k: 'dare.start', b: { dare: 'D' } }));
});

test('times keep their milliseconds', () => {
  const at = 1_764_012_345_678;

  expect(decodeMessage(encode({ t: 'live', s: 'S', n: at }))).toEqual({ t: 'live', s: 'S', n: at });
});

test('a message of unknown type is nothing', () => {
  expect(decodeMessage(encode({ t: 'confetti' }))).toBeNull();
});

test('unknown keys do not matter', () => {
  expect(decodeMessage(encode({ t: 'pong', x: 1 }))).toBeNull();
  expect(decodeMessage(encode({ t: 'exp', in: 5, later: true }))).toMatchObject({ t: 'exp', in: 5 });
});

test('no bytes make the codec throw', () => {
  let seed = 42;
  const byte = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % 256;

  for (let i = 0; i < 5000; i++) {
    const bytes = Uint8Array.from({ length: byte() % 40 }, byte);
    expect(() => decodeMessage(bytes)).not.toThrow();
  }
});
