/**
 * The floor: what a forwarder on `ws` costs that has no rules at all. It opens a channel, lets in whoever knows the id,
 * passes texts on in envelopes, and forgets the channel when everyone has left.
 */
import { randomBytes } from "node:crypto";
import { WebSocketServer } from "ws";

const PATH = "/v1/ws/";
const channels = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket, request) => {
  const id = request.url.slice(PATH.length) || randomBytes(16).toString("base64url");
  const sender = { ua: request.headers["user-agent"], remote: request.socket.remoteAddress };
  const participants = channels.get(id) ?? new Set();
  channels.set(id, participants.add(socket));
  socket.on("message", (message) => {
    const envelope = JSON.stringify({ message: message.toString(), sender });
    for (const other of participants) if (other !== socket) other.send(envelope);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    participants.delete(socket);
    if (participants.size === 0) channels.delete(id);
  });
  socket.send(JSON.stringify({ link: PATH + id, channelid: id }));
});
server.on("listening", () => {
  console.log(JSON.stringify({ url: `ws://127.0.0.1:${server.address().port}` }));
});
