// The peer Colyseus: rooms without a state, and `broadcast`.
// A member needs a seat, which is reserved for it. Its path goes into a file, first those of room 0,
// then those of room 1. It sends JOIN_ROOM, as colyseus.js does; it is in with the server's JOIN_ROOM.
// What is broadcast between the two waits for it.

import fs from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { matchMaker, Room, Server } from '@colyseus/core';
import { WebSocketTransport } from '@colyseus/ws-transport';
import { BACKLOG, HOST, listen, port } from './control.mjs';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    members: { type: 'string' },
    'room-size': { type: 'string' },
    paths: { type: 'string' },
  },
});
const members = Number(values.members);
const roomSize = Number(values['room-size']);

class Squad extends Room {
  autoDispose = false;
  // Longer than any run.
  seatReservationTimeout = 60 * 60;
  // There is no state to be sent anew 20 times a second; with none at all it ticks 60 times.
  patchRate = 1000;
}

// No pings, as in the other peers: they are not what is measured.
const transport = new WebSocketTransport({ server: http.createServer(), pingInterval: 0 });
const server = new Server({ transport, greet: false, gracefullyShutdown: false });
server.define('squad', Squad);
await server.listen(port, HOST, BACKLOG);

const rooms = [];
const paths = [];
for (let number = 0; number < members; number += 1) {
  if (number % roomSize === 0) rooms.push(await matchMaker.createRoom('squad', {}));
  const { processId, roomId, sessionId } = await matchMaker.reserveSeatFor(rooms.at(-1), {});
  paths.push(`/${processId}/${roomId}?sessionId=${sessionId}&room=${rooms.length - 1}`);
}
fs.writeFileSync(values.paths, paths.join('\n') + '\n');

const local = rooms.map((room) => matchMaker.getLocalRoomById(room.roomId));
listen((room, event) => local[room].broadcast('event', event));
