import { createServer, type Server, type Socket } from 'node:net';

/** First byte of a TLS connection: a handshake record. */
const HANDSHAKE = 0x16;

/** A server that looks at a connection's first byte and hands it to the one that speaks its protocol, so that one port does for both. */
export function onOnePort(plain: Server, secure: Server): Server {
  return createServer({ pauseOnConnect: true }, (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first = socket.read(1) as Buffer | null;
      if (!first) return void socket.destroy();
      socket.unshift(first);
      (first[0] === HANDSHAKE ? secure : plain).emit('connection', socket);
    });
  });
}
