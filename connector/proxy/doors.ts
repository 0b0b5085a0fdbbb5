import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Mapping } from './mapping';

/** A local port cannot be listened on. */
export class PortError extends Error {
  override readonly name = 'PortError';

  constructor({ service, host, port }: Mapping, readonly code: string) {
    super(`Cannot listen on ${host}:${port}${service && ` for ${service}`}: ${REASONS[code] ?? code}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another program',
  EACCES: 'ports below 1024 need more rights',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

/** The local ports, each a service of the tunnel. They stay open whether or not the tunnel is there. */
export class Doors {
  private constructor(private readonly servers: readonly Server[], /** Where they really are. */ readonly mappings: readonly Required<Mapping>[]) {}

  /**
   * @param host for those that name none
   * @throws PortError; then none is left open
   */
  static async open(mappings: readonly Mapping[], host: string, visit: (service: string, socket: Socket) => void): Promise<Doors> {
    const servers: Server[] = [];
    const opened: Required<Mapping>[] = [];
    try {
      for (const mapping of mappings.map((each) => ({ host, ...each }))) {
        const server = createServer({ noDelay: true }, (socket) => visit(mapping.service, socket));
        servers.push(server);
        server.listen({ host: mapping.host, port: mapping.port, exclusive: true });
        await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
          throw new PortError(mapping, error.code ?? String(error));
        });
        // A listener that cannot take a connection (no file descriptor left, say) takes the next one.
        server.on('error', () => undefined);
        opened.push({ ...mapping, port: (server.address() as AddressInfo).port });
      }
      return new Doors(servers, opened);
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
  }

  /** Resolves when no port is open any more. Connections live on. */
  close(): void {
    for (const server of this.servers) server.close();
  }
}
