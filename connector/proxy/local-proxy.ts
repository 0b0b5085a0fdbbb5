import type { Clock, Launch } from '../session/ports';
import { BuiltInProxy } from './built-in-proxy';
import type { ClientTokens } from './client-tokens';
import { portsOf, takenPort } from './command-ports';
import type { ProxyOptions } from './options';
import { proxyLauncher } from './proxy-process';
import { builtInProps, clientTokenOf } from './settings';

/** What carries the bytes: the proxy in this process, or a command that is one. */
export interface LocalProxy {
  readonly launch: Launch;
  /** What it asks of the tunnel by name; empty if it takes what there is. */
  readonly services: readonly string[];
  /** Where it is going to listen, if it could not right now. */
  readonly takenPort: () => Promise<string | undefined>;
  /** Where it listens already: a line for each port. */
  readonly news: readonly string[];
  close(): void;
}

export interface LocalProxyProps {
  /** The command and its arguments; empty for the built-in proxy. */
  readonly command: readonly string[];
  readonly proxy: ProxyOptions;
  /** What lets a connection come back with its token after a cut. Undefined: nothing. */
  readonly clientTokens?: ClientTokens;
  readonly env: NodeJS.ProcessEnv;
  readonly region: string;
  /** Milliseconds between SIGTERM and SIGKILL for the command. */
  readonly grace: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws UsageError, PortError */
export async function openLocalProxy(props: LocalProxyProps): Promise<LocalProxy> {
  const { command, proxy, env, grace, clock } = props;
  const clientToken = clientTokenOf(env, props.clientTokens);
  if (command.length > 0) {
    const wanted = portsOf(command);
    return {
      launch: proxyLauncher({ command, env, grace, clock, clientToken }),
      services: wanted.services, takenPort: () => takenPort(wanted), news: [], close: () => undefined,
    };
  }
  const builtIn = await BuiltInProxy.open(builtInProps(proxy, clientToken, props));
  if (proxy.connection) builtIn.enter(proxy.connection.service, proxy.connection.stream);
  const named = [...builtIn.mappings.map(({ service }) => service), proxy.connection?.service ?? ''];
  return {
    launch: builtIn.launch,
    services: named.filter(Boolean),
    takenPort: async () => undefined, // its ports are open from the beginning to the end
    news: builtIn.mappings.map(({ service, host, port }) => `Listening on ${host.includes(':') ? `[${host}]` : host}:${port}${service && ` for ${service}`}.`),
    close: () => builtIn.close(),
  };
}
