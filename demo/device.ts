import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** A device with one service, which says back whatever it hears. */
export async function startEchoDevice(): Promise<{ readonly port: number; readonly close: () => void }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy()); // a cut tunnel ends its connections the hard way
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
