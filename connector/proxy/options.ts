import type { Duplex } from 'node:stream';

/** What the built-in proxy is told. Everything has the meaning that it has for AWS's own local proxy in source mode. */
export interface ProxyOptions {
  /**
   * Local ports by service: `SSH=5555`, `HTTP=127.0.0.1:8080`, or a port alone where the tunnel has one service or none; 0 is any free port.
   * @default - none
   */
  readonly services?: readonly string[];
  /** The address to listen on. @default '127.0.0.1', which nobody but this machine reaches */
  readonly bindAddress?: string;
  /**
   * The data plane, as `host`, `host:port` or a URL: a VPC, FIPS or dual-stack endpoint.
   * @default - AWSIOT_TUNNEL_ENDPOINT, then AWS_ENDPOINT_URL, then the region's
   */
  readonly endpoint?: string;
  /** Certificate authorities to trust beside the system's: a PEM file, or a directory of them. @default - none */
  readonly ca?: string;
  /** Whether the service must show a certificate of its name. @default true */
  readonly verify?: boolean;
  /** What the device's client is, if it is an older one that carries one connection at a time. @default 'V3' */
  readonly destinationClientType?: 'V1' | 'V2' | 'V3';
  /** Milliseconds from a connection's silent death to its discovery. @default 12000 */
  readonly deadAfter?: number;
  /** How many local connections may wait while the tunnel is away. @default 64 */
  readonly waitingConnections?: number;
  /** How long each may wait, in milliseconds. @default 60000 */
  readonly waitingTime?: number;
  /** One more connection, which goes to a service without a port of its own. @default - none */
  readonly connection?: { readonly service: string; readonly stream: Duplex };
}
