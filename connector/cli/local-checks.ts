import { portsOf, takenPort } from '../proxy/command-ports';
import { parseMappings } from '../proxy/mapping';
import type { ProxyOptions } from '../proxy/options';
import { dataPlane, routeTo } from '../proxy/route';
import { trust } from '../proxy/trust';
import { connectSource, LinkFailedError, UpgradeRefusedError } from '../../tunnel-protocol/peer';
import { type Finding, found, trouble } from './findings';

export interface LocalChecksProps {
  readonly proxy: Omit<ProxyOptions, 'connection'>;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const PATIENCE = 5_000;

/** What can be tried without AWS's control plane: the local ports, and the way to the data plane. */
export class LocalChecks {
  constructor(private readonly props: LocalChecksProps) {}

  async *ports(): AsyncGenerator<Finding> {
    for (const { host, port } of this.wanted()) {
      const taken = await takenPort({ host, ports: [port] });
      yield taken === undefined ? found('port', `${host}:${port} is free`)
        : trouble('port', `Somebody listens on ${taken} already.`, 'Choose another port, or end the program that has it.');
    }
  }

  /** Knocks with a token that is none: to be refused is proof enough of the way, of the certificate and of who answers. */
  async *endpoint(region: string): AsyncGenerator<Finding> {
    const { proxy, command, env } = this.props;
    if (command.length > 0 && proxy.endpoint === undefined && env.AWS_ENDPOINT_URL === undefined) return; // the command has its own
    const endpoint = dataPlane(proxy.endpoint, region, env);
    const { agent, refused } = routeTo(endpoint);
    const secureContext = endpoint.startsWith('https:') ? trust(proxy.ca, env) : undefined;
    try {
      const source = await connectSource({ endpoint, token: 'tunnel-source-doctor', agent, secureContext, verify: proxy.verify, patience: PATIENCE });
      await source.close();
      yield trouble('endpoint', `${endpoint} takes any token: it is not AWS.`);
    } catch (error) {
      const obstacle = refused();
      if (error instanceof UpgradeRefusedError && !obstacle && error.status < 500) return void (yield found('endpoint', `${endpoint} answers`));
      const reason = obstacle ?? (error instanceof LinkFailedError || error instanceof UpgradeRefusedError ? describe(error) : undefined);
      if (reason === undefined) throw error;
      yield trouble('endpoint', `${endpoint}: ${reason}`, 'Is the network up, and the endpoint right (-e)?',
        'Does a web proxy stand between (https_proxy), and is its authority trusted (--ca)?');
    }
  }

  private wanted(): { readonly host: string; readonly port: number }[] {
    const { command, proxy } = this.props;
    const { host, ports } = portsOf(command);
    if (command.length > 0) return ports.map((port) => ({ host, port }));
    return parseMappings(proxy.services ?? []).map((mapping) => ({ host: mapping.host ?? proxy.bindAddress ?? host, port: mapping.port }));
  }
}

function describe({ message, cause }: Error): string {
  return [message, (cause as NodeJS.ErrnoException | undefined)?.code].filter(Boolean).join(': ');
}
