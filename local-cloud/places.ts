import type { Common } from './common';
import { isAccount, isRegion, Place } from './place';
import { AwsError } from './service';
import { startServices, type Services } from './services';

/** AWS has fewer regions; who asks for more mistypes them. */
const MOST = 64;

/** The accounts and regions of one cloud. Home is there from the start, the others come up when somebody asks for them. */
export class Places {
  private readonly started = new Map<string, Promise<Services>>();
  private readonly ready: Services[] = [];
  private readonly prepared: ((services: Services) => void)[] = [];

  constructor(private readonly common: Common) {}

  /** Those that are up, home first. */
  get all(): readonly Services[] {
    return this.ready;
  }

  /** Called with each place that comes up from now on, before anybody else sees it. */
  onStart(prepare: (services: Services) => void): void {
    this.prepared.push(prepare);
  }

  /** @throws AwsError for what is no account or region */
  at(account: string, region: string): Promise<Services> {
    const key = `${account}/${region}`;
    const known = this.started.get(key);
    if (known) return known;
    const { home } = this.common;
    const atHome = account === home.account && region === home.region;
    if (!atHome && (!isAccount(account) || !isRegion(region) || this.started.size >= MOST)) {
      const sentence = `Credential should be scoped to a valid region: there is no '${region}' of account '${account}' here`;
      throw new AwsError('InvalidSignatureException', sentence, 403);
    }
    const starting = this.start(atHome ? home : new Place(account, region));
    this.started.set(key, starting);
    starting.catch(() => this.started.delete(key));
    return starting;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.started.values());
    await Promise.all(this.ready.map((services) => services.close()));
  }

  private async start(place: Place): Promise<Services> {
    const services = await startServices(this.common, place);
    for (const prepare of this.prepared) prepare(services);
    this.ready.push(services);
    return services;
  }
}
