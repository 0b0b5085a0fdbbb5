import type { Deposit } from '../lambda/domain/vocabulary';
import { DependencyError } from '../lambda/domain/errors';

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html: none younger than a day is ever pruned. */
export const MOST_VERSIONS = 100;
const DAY = 24 * 3_600_000;
/** A forced deletion is asynchronous: the name is not free at once. */
const NAME_TAKEN = 30_000;

export interface Secret {
  readonly versions: Map<string, string>;
  readonly madeAt: number[];
  /** Version id of AWSCURRENT. */
  current: string;
  changedAt: number;
}

/** AWS Secrets Manager, pretended: one secret a tunnel and side, here by tunnel id. */
export class PretendedVault {
  readonly secrets = new Map<string, Secret>();
  private readonly destroyedAt = new Map<string, number>();

  put(tunnelId: string, versionId: string, text: string, now: number): void {
    const secret = this.secrets.get(tunnelId);
    if (!secret) return this.create(tunnelId, versionId, text, now);
    const stored = secret.versions.get(versionId);
    if (stored === text) return; // the same again is a no-op, even if it is no longer the current version
    if (stored !== undefined) throw refused('ResourceExistsException');
    if (versionsOfTheDay(secret, now) >= MOST_VERSIONS) throw refused('LimitExceededException');
    secret.versions.set(versionId, text);
    secret.madeAt.push(now);
    secret.current = versionId;
    secret.changedAt = now;
  }

  inspect(tunnelId: string): Deposit {
    const secret = this.secrets.get(tunnelId);
    return secret ? { current: secret.current, versions: [...secret.versions.keys()], changedAt: secret.changedAt } : { versions: [] };
  }

  destroy(tunnelId: string, now: number): void {
    if (this.secrets.delete(tunnelId)) this.destroyedAt.set(tunnelId, now);
  }

  private create(tunnelId: string, versionId: string, text: string, now: number): void {
    if (now < (this.destroyedAt.get(tunnelId) ?? -Infinity) + NAME_TAKEN) throw refused('InvalidRequestException');
    this.secrets.set(tunnelId, { versions: new Map([[versionId, text]]), madeAt: [now], current: versionId, changedAt: now });
  }
}

const versionsOfTheDay = ({ madeAt }: Secret, now: number) => madeAt.filter((at) => at > now - DAY).length;

const refused = (code: string) => new DependencyError('Simulated.deliver', 'refused', code, true);
