#!/usr/bin/env node
/**
 * A small stand-in for the official local proxy in source mode, for tests of a child where that is not installed. It takes its token
 * from the environment, and it ends as the official one does: with status 0 and a word about it, whatever happened.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectSource, LinkFailedError, type Source, UpgradeRefusedError } from '../../tunnel-protocol/peer';

const HELP = `Usage: AWSIOT_TUNNEL_ACCESS_TOKEN=... mini-localproxy [-e URL | -r REGION] -s SERVICE=PORT[,SERVICE=PORT]

  -e  the data plane (default: AWS_ENDPOINT_URL), for example http://127.0.0.1:4566
  -r  region, for AWS's own data plane
  -s  ports to listen on, on 127.0.0.1; a bare port for tunnels without services`;

/** As the official local proxy does while the service is away. */
const RETRY = 2_500;

function say(level: 'info' | 'error' | 'fatal', text: string): void {
  console.log(`[${new Date().toISOString().slice(0, -1)}]{${process.pid}}[${level}]   ${text}`);
}

async function main(): Promise<number> {
  const { help, region, 'proxy-endpoint': proxyEndpoint, 'source-listen-port': mappings } = parseArgs({
    options: {
      'help': { type: 'boolean', short: 'h' },
      'region': { type: 'string', short: 'r' },
      'proxy-endpoint': { type: 'string', short: 'e' },
      'source-listen-port': { type: 'string', short: 's' },
    },
  }).values;
  const endpoint = proxyEndpoint ?? process.env.AWS_ENDPOINT_URL ?? (region && `https://data.tunneling.iot.${region}.amazonaws.com`);
  const token = process.env.AWSIOT_TUNNEL_ACCESS_TOKEN;
  if (help || !mappings || !endpoint || !token) {
    console.error(help ? HELP : `A token, -s and one of -e and -r are needed.\n\n${HELP}`);
    return help ? 0 : 1;
  }
  const ports = mappings.split(',').map((entry) => {
    const [port, service] = entry.split('=').reverse();
    return { service, port: Number(port) };
  });
  for (;;) {
    const source = await connected(endpoint, token);
    if (!source) return 0;
    const stray = ports.find(({ service }) => service && !source.services.includes(service));
    if (stray) {
      say('fatal', `Service id ${stray.service} is none of this tunnel's (${source.services.join(', ') || 'it has none'})`);
      return 1;
    }
    for (const { service, port } of ports) say('info', `Listening for new connection on port ${await source.listen(port, service)}`);
    const { code, reason } = await source.closed;
    if (code !== 1006) {
      say('info', `Web socket close received. Code: ${code}, reason: ${reason}`);
      return 0;
    }
    say('error', 'Websocket read error: connecting again with the same token');
  }
}

/** Undefined if the service said no. */
async function connected(endpoint: string, token: string): Promise<Source | undefined> {
  for (;;) {
    try {
      say('info', `Attempting to establish web socket connection with endpoint ${endpoint}`);
      const source = await connectSource({ endpoint, token });
      say('info', `Successfully established websocket connection with proxy server: ${endpoint}`);
      return source;
    } catch (error) {
      if (error instanceof UpgradeRefusedError) {
        say('error', `Proxy server rejected web socket upgrade request: (HTTP/1.1 ${error.status}) "${error.sentence}"`);
        if (error.status < 500) return undefined;
      } else if (error instanceof LinkFailedError) {
        say('error', `Could not connect to proxy server: ${error.message}`);
      } else {
        throw error;
      }
      await pause(RETRY);
    }
  }
}

main().then((code) => process.exit(code), (error: Error) => {
  say('fatal', error.message);
  process.exit(1);
});
