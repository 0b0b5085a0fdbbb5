import type { Agent } from 'node:http';
import { isIP } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { UsageError } from '../session/failures';

/** Where the tunnels' data plane of a region is. https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html */
const regional = (region: string) => `data.tunneling.iot.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/**
 * The address of the data plane: what was asked for (`host`, `host:port` or a URL), else what the environment names, else the region's.
 *
 * @throws UsageError if it is no address, or one to which a token must not go in clear text
 */
export function dataPlane(asked: string | undefined, region: string, env: NodeJS.ProcessEnv): string {
  const text = asked ?? env.AWSIOT_TUNNEL_ENDPOINT ?? env.AWS_ENDPOINT_URL ?? regional(region);
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  } catch {
    throw new UsageError(`The endpoint must be HOST or HOST:PORT, not ${JSON.stringify(text)}.`);
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url.origin;
  throw new UsageError(`The endpoint ${url.origin} is not encrypted: a token would be sent in clear text.`);
}

/** How a connection gets there: through the web proxy that `https_proxy` names, unless `no_proxy` exempts the host. */
export interface Route {
  /** Undefined: directly. */
  readonly agent?: Agent;
  /** What the web proxy said, if it did not let us through. */
  refused(): string | undefined;
}

/** One for each connection, so that a refusal belongs to it alone. */
export function routeTo(endpoint: string): Route {
  const proxy = endpoint.startsWith('https:') ? getProxyForUrl(endpoint) : '';
  if (!proxy) return { refused: () => undefined };
  const agent = new HttpsProxyAgent(proxy);
  let status: number | undefined;
  agent.on('proxyConnect', ({ statusCode }: { statusCode: number }) => { status = statusCode; });
  return { agent, refused: () => (status === undefined || status === 200 ? undefined : `The web proxy answers HTTP ${status}`) };
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
