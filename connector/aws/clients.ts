import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { ServiceClock } from './service-clock';

/** A person waits: fail early enough to try again, and to say so. */
export const CLIENT_SETTINGS = { maxAttempts: 3, requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } } as const;

/** The standard chain of credentials, but reading its files anew: the SDK keeps what it has read for as long as the process lives. */
export const freshCredentials = () => defaultProvider({ ignoreCache: true });

export interface Built {
  readonly tunneling: IoTSecureTunnelingClient;
  readonly secrets: SecretsManagerClient;
  readonly iot: IoTDataPlaneClient;
  readonly sts: STSClient;
}

/** The SDK's clients. A client keeps the credentials that it has found, so after new ones are needed it takes new clients. */
export class Clients {
  private built: Built | undefined;
  /** The tunnels' service's, against ours. */
  readonly serviceClock: ServiceClock;

  /** @param now this machine's clock */
  constructor(private readonly region: string, now: () => number) {
    this.serviceClock = new ServiceClock(now);
  }

  get current(): Built {
    return this.built ??= this.build();
  }

  /** Whoever calls from now on calls with what the files and the login say now. */
  renew(): void {
    this.close();
  }

  /** Closes idle connections. */
  close(): void {
    for (const client of Object.values(this.built ?? {}) as Built[keyof Built][]) client.destroy();
    this.built = undefined;
  }

  private build(): Built {
    const settings = { ...CLIENT_SETTINGS, region: this.region, credentials: freshCredentials() };
    const tunneling = new IoTSecureTunnelingClient(settings);
    this.serviceClock.listen(tunneling);
    return {
      tunneling,
      secrets: new SecretsManagerClient(settings),
      iot: new IoTDataPlaneClient(settings),
      sts: new STSClient({ ...settings, maxAttempts: 1 }),
    };
  }
}

/** Do the credentials stand in this process's environment, where nobody can change them any more? As the SDK's chain decides. */
export function keysAreFixed(env: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY && !env.AWS_PROFILE);
}
