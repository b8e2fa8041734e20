/** The socket of this page's own origin. What codes its messages comes while it opens: no first screen needs that. */
import { BROKEN } from './ports';
import type { OpenSocket } from './ports';

const SUBPROTOCOL = 'gutsy.v1';

export const openBrowserSocket: OpenSocket = (events) => {
  const url = new URL('/ws', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, SUBPROTOCOL);
  socket.binaryType = 'arraybuffer';
  const codec = import('./codec');
  codec.catch(() => {
    socket.close();
    events.closed(BROKEN, 'no codec');
  });
  // All in the order in which it came: what waits for the same promise goes on in the order of its asking.
  const coded = (use: (codec: typeof import('./codec')) => void): void => {
    codec.then(use, () => undefined);
  };
  socket.onopen = () => {
    coded(events.opened);
  };
  socket.onmessage = ({ data }) => {
    coded(({ decodeMessage }) => {
      if (data instanceof ArrayBuffer) events.received(decodeMessage(new Uint8Array(data)));
    });
  };
  socket.onclose = ({ code, reason }) => {
    coded(() => {
      events.closed(code, reason);
    });
  };
  return {
    send(message) {
      coded(({ encodeMessage }) => {
        socket.send(encodeMessage(message));
      });
    },
    close(code, reason) {
      socket.close(code, reason);
    },
  };
};
