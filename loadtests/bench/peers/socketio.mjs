// The peer socket.io 4: `emit` to a room, over WebSocket alone, with the default parser.
// A member sends `40`, which is joining the main namespace; it is in when it has that answer too.

import { once } from 'node:events';
import http from 'node:http';
import { Server } from 'socket.io';
import { BACKLOG, HOST, listen, port } from './control.mjs';

// No pings within a run, as in the other peers: they are not what is measured.
const PING_MS = 24 * 60 * 60 * 1000;

const server = http.createServer();
const io = new Server(server, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  pingInterval: PING_MS,
});
io.on('connection', (socket) => {
  socket.join(socket.handshake.query.room);
  // As its page on memory advises: https://socket.io/docs/v4/memory-usage/
  socket.conn.request = null;
});
server.listen({ port, host: HOST, backlog: BACKLOG });
await once(server, 'listening');
listen((room, event) => io.to(String(room)).emit('event', event));
