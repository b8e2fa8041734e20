// The peer `ws`: a send for each member. With `--framed` a frame is made once for all, for which
// `Sender.frame` was made static (https://github.com/websockets/ws/pull/1016); socket.io does so too.

import { once } from 'node:events';
import http from 'node:http';
import { Sender, WebSocketServer } from 'ws';
import { BACKLOG, HOST, listen, port, roomOf } from './control.mjs';

const FRAME = { fin: true, rsv1: false, opcode: 2, mask: false, readOnly: false };

const rooms = new Map();

function join(client, request) {
  const name = roomOf(request.url);
  if (!rooms.has(name)) rooms.set(name, new Set());
  const room = rooms.get(name);
  room.add(client);
  client.on('close', () => room.delete(client));
}

function send(room, event) {
  const data = Buffer.from(event);
  for (const client of rooms.get(room) ?? []) client.send(data);
}

function sendFramed(room, event) {
  const frame = [Buffer.concat(Sender.frame(Buffer.from(event), FRAME))];
  for (const client of rooms.get(room) ?? []) client._sender.sendFrame(frame);
}

const server = http.createServer();
// Without deflate, which is the default too.
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', join);
server.listen({ port, host: HOST, backlog: BACKLOG });
await once(server, 'listening');
listen(process.argv.includes('--framed') ? sendFramed : send);
