// What the Node peers have in common: the events that come over the control connection.
// A record is 16 bytes, little endian: room, nothing, nanoseconds. `control.py` is this for Python.

import net from 'node:net';

export const HOST = '127.0.0.1';
// As many members as may knock at once; Linux cuts it to net.core.somaxconn, 4096 by default.
export const BACKLOG = 4096;
const RECORD_BYTES = 16;
const EVENT_CHARACTERS = 180;

export const port = Number(process.argv[2]);
const controlPort = Number(process.argv[3]);

/** The room that a connection's path asks for. */
export function roomOf(url) {
  return Number(new URL(url, 'http://peer').searchParams.get('room'));
}

/** An event as large as one about a dare; the sink knows its age by the time in it. */
function eventOf(nanoseconds) {
  return `TS=${nanoseconds.toString(16).padStart(16, '0')}`.padEnd(EVENT_CHARACTERS, '.');
}

/** Publish one event for each record, in order. Called last: both ports listen, the peer is ready. */
export function listen(publish) {
  const server = net.createServer((connection) => {
    let pending = Buffer.alloc(0);
    connection.on('data', (chunk) => {
      pending = pending.length ? Buffer.concat([pending, chunk]) : chunk;
      let at = 0;
      for (; at + RECORD_BYTES <= pending.length; at += RECORD_BYTES) {
        publish(pending.readUInt32LE(at), eventOf(pending.readBigUInt64LE(at + 8)));
      }
      pending = pending.subarray(at);
    });
  });
  server.listen(controlPort, HOST, () => console.log('ready'));
}
