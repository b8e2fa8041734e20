import { encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openBrowserSocket } from '../../src/wire/browser-socket';
import type { Socket } from '../../src/wire/ports';

/** The browser's end of a socket, as far as it is used; the test is the other. */
class PageSocket {
  static all: PageSocket[] = [];
  binaryType = 'blob';
  sent: unknown[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onclose: (event: { code: number; reason: string }) => void = () => undefined;

  constructor(
    readonly url: URL,
    readonly protocol: string,
  ) {
    PageSocket.all.push(this);
  }

  send(bytes: unknown): void {
    this.sent.push(bytes);
  }
}

let heard: unknown[];
let socket: Socket;
let page: PageSocket;
const data = (message: unknown): ArrayBuffer => new Uint8Array(encode(message)).buffer;

beforeEach(() => {
  heard = [];
  vi.stubGlobal('WebSocket', PageSocket);
  vi.stubGlobal('window', { location: { href: 'https://gutsy.test/s/1' } });
  socket = openBrowserSocket({
    opened: () => heard.push('opened'),
    received: (message) => heard.push(message),
    closed: (code, reason) => heard.push([code, reason]),
  });
  page = PageSocket.all.at(-1) ?? expect.fail('no socket was opened');
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test('it goes to where the page is from, as safe as the page', () => {
  expect([page.url.href, page.protocol, page.binaryType]).toEqual([
    'wss://gutsy.test/ws',
    'gutsy.v1',
    'arraybuffer',
  ]);
});

test('what came before the codec was there is told in its order', async () => {
  page.onopen();
  page.onmessage({ data: data({ t: 'live', s: 'S', n: 3 }) });
  page.onmessage({ data: data({ t: 'confetti' }) });
  page.onclose({ code: 4501, reason: 'slow' });
  expect(heard).toEqual([]);

  await vi.waitFor(() => {
    expect(heard).toEqual(['opened', { t: 'live', s: 'S', n: 3 }, null, [4501, 'slow']]);
  });
});

test('text is no message of ours', async () => {
  page.onmessage({ data: 'hello' });
  page.onmessage({ data: data({ t: 'ping', now: 1, h: {} }) });

  await vi.waitFor(() => {
    expect(heard).toEqual([{ t: 'ping', now: 1, h: {} }]);
  });
});

test('what is said goes out as bytes, in order', async () => {
  socket.send({ t: 'pong' });
  socket.send({ t: 'hello', v: 1, c: 'C', s: {} });

  await vi.waitFor(() => {
    expect(page.sent).toEqual([encode({ t: 'pong' }), encode({ t: 'hello', v: 1, c: 'C', s: {} })]);
  });
});
