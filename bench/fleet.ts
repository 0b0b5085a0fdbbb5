import { createHash } from 'node:crypto';
import type { RetryToken, StandardRetryToken } from '@smithy/types';
import { DEFAULT_POLICY } from '../lambda/domain/policy';
import { DependencyError } from '../lambda/domain/errors';
import type { Connection, Observation, Signal } from '../lambda/domain/vocabulary';
import { FoundPace, OnlyWhenThrottled, repeating } from '../lambda/adapters/found-pace';
import { RowsAhead } from '../lambda/rotator/rows-ahead';
import type { RecoveryPorts } from '../lambda/rotator/context';
import { Rechecks } from '../lambda/rotator/rechecks';
import { recover } from '../lambda/rotator/recovery';
import { Confidential } from '../lib/confidential';
import { MemoryLedger } from '../test/support/fakes';
import { Line } from './line';
import { Quota } from './quota';
import type { VirtualTime } from './virtual-time';

export interface FleetProps {
  readonly tunnels: number;
  /** Calls a second of each action of Secure Tunneling, which the product is not told. */
  readonly quota: number;
  /** Rotators at a time. */
  readonly concurrency: number;
}

const SECOND = 1_000;
const HOUR = 3_600_000;
/** As the construct sets them. */
const QUEUE = { batch: 5, visibility: 30 * SECOND, receives: 5, timeout: 20 * SECOND };
/** What a call to AWS takes. */
const LATENCY = 25;

interface Message {
  readonly signal: Signal;
  receives: number;
}

/** A fleet of tunnels, the rotator's real code in several instances behind a queue, and AWS with its quotas, in virtual time. */
export class Fleet {
  readonly calls = { observe: 0, rotate: 0, throttled: 0, messages: 0, deadLetters: 0 };
  /** Of each tunnel: drop to delivery. */
  readonly recoveries: number[] = [];
  /** When each of them had dropped. */
  readonly drops: number[] = [];
  readonly rotations = new Map<string, number>();
  longestQueue = 0;
  private readonly queue = new Line<Message>();
  private readonly ledger = new MemoryLedger();
  private readonly sources = new Map<string, { connection: Connection; droppedAt?: number }>();
  private readonly secrets = new Map<string, { versionId: string; proof: string }>();
  private readonly describing: Quota;
  private readonly rotating: Quota;
  private readonly waiting = new Map<string, () => void>();
  private versions = 0;
  private idle: (() => void)[] = [];
  private over = false;

  constructor(private readonly time: VirtualTime, private readonly props: FleetProps) {
    this.describing = new Quota(time, props.quota);
    this.rotating = new Quota(time, props.quota);
    for (let index = 0; index < props.tunnels; index++) this.connect(`tunnel-${index}`);
  }

  /** The rotators; resolves when `end` was called. */
  async serve(): Promise<void> {
    await Promise.all(Array.from({ length: this.props.concurrency }, () => this.instance()));
  }

  end(): void {
    this.over = true;
    for (const wake of this.idle.splice(0)) wake();
  }

  /** A source whose token was delivered an hour ago, and who used it. */
  private connect(tunnelId: string): void {
    const proof = `proof-${tunnelId}`;
    const at = this.time.now - HOUR;
    this.sources.set(tunnelId, { connection: { status: 'CONNECTED', lastUpdatedAt: at } });
    this.secrets.set(tunnelId, { versionId: `version-${tunnelId}`, proof });
    this.ledger.put(tunnelId, 'source', {
      generation: 1, versionId: `version-${tunnelId}`, proofHash: createHash('sha256').update(proof).digest('hex'), deliveredAt: at, fence: at,
      budget: { tokens: DEFAULT_POLICY.budget.burst, at },
    });
  }

  /** @param shown does the service notice, or does it go on saying CONNECTED? */
  drop(tunnelId: string, shown: boolean): void {
    const now = this.time.now;
    const connection = shown ? { status: 'DISCONNECTED', lastUpdatedAt: now } as const : this.sources.get(tunnelId)?.connection;
    if (connection) this.sources.set(tunnelId, { connection, droppedAt: now });
  }

  /** What the client says, with the proof that it has, or without. */
  signal(tunnelId: string, withProof: boolean): void {
    const proof = withProof ? new Confidential(this.secrets.get(tunnelId)?.proof ?? '') : undefined;
    this.send({ tunnelId, sides: ['source'], kind: 'drop', via: 'mqtt', proof, since: this.time.now, attempt: 0 });
  }

  /** Resolves when its client has a fresh token. */
  back(tunnelId: string): Promise<void> {
    return new Promise((resolve) => this.waiting.set(tunnelId, resolve));
  }

  isDown(tunnelId: string): boolean {
    return this.sources.get(tunnelId)?.droppedAt !== undefined;
  }

  private send(signal: Signal): void {
    this.calls.messages += 1;
    this.queue.push({ signal, receives: 0 });
    this.longestQueue = Math.max(this.longestQueue, this.queue.length);
    this.idle.shift()?.();
  }

  /** One process of the rotator: batch after batch, one signal after the other. */
  private async instance(): Promise<void> {
    const ports = this.ports();
    while (!this.over) {
      const batch = this.queue.take(QUEUE.batch);
      if (batch.length === 0) {
        await new Promise<void>((wake) => { this.idle.push(wake); });
        continue;
      }
      const received = this.time.now;
      const ahead = new RowsAhead(ports.ledger, batch.map(({ signal }) => signal), received);
      for (const message of batch) {
        message.receives += 1;
        try {
          await recover(message.signal, { ...ports, ahead }, {
            deadline: received + QUEUE.timeout, newVersionId: () => `version-${++this.versions}`, newProof: () => new Confidential(`proof-${this.versions}`),
          });
        } catch {
          this.comesAgain(message, received);
        }
      }
    }
  }

  private comesAgain(message: Message, received: number): void {
    if (message.receives >= QUEUE.receives) {
      this.calls.deadLetters += 1;
      return;
    }
    void this.time.sleep(received + QUEUE.visibility - this.time.now).then(() => {
      this.queue.push(message);
      this.idle.shift()?.();
    });
  }

  private ports(): RecoveryPorts {
    const pace = new FoundPace();
    const [looks, rotates] = [repeating(pace), new OnlyWhenThrottled(pace)];
    const { ledger, time, secrets } = this;
    const later = async <T>(effect: () => T | Promise<T>): Promise<T> => {
      await time.sleep(LATENCY);
      return effect();
    };
    return {
      clock: { now: () => time.now },
      rechecks: new Rechecks(),
      tunnels: {
        observe: (id) => this.call(looks, this.describing, 'observe', () => this.describe(id)),
        rotate: (id) => this.call(rotates, this.rotating, 'rotate', () => {
          this.rotations.set(id, (this.rotations.get(id) ?? 0) + 1);
          return { tokens: { source: new Confidential('LOCALCAT') }, fence: Math.ceil(time.now / SECOND) * SECOND };
        }),
      },
      ledger: {
        read: (id) => later(() => ledger.read(id)),
        claim: (tunnelId, side, seen, row) => later(() => ledger.claim(tunnelId, side, seen, row)),
        claimByProof: (...terms) => later(() => ledger.claimByProof(...terms)),
        release: (...terms) => later(() => ledger.release(...terms)),
        commit: (...terms) => later(() => ledger.commit(...terms)),
        remove: (...terms) => later(() => ledger.remove(...terms)),
      },
      vault: {
        inspect: (id) => later(() => {
          const secret = secrets.get(id);
          return secret ? { current: secret.versionId, versions: [secret.versionId] } : { versions: [] };
        }),
        deliver: ({ tunnelId, proof }, versionId) => later(() => {
          secrets.set(tunnelId, { versionId, proof: proof.reveal() });
          this.comesBack(tunnelId);
        }),
        destroy: () => Promise.reject(new Error('no tunnel ends here')),
      },
      courier: { carry: () => Promise.reject(new Error('no destination is rotated here')) },
      signals: {
        send: async (news, delay = 0) => {
          if ('tunnelId' in news) void time.sleep(Math.ceil(delay / SECOND) * SECOND).then(() => { if (!this.over) this.send(news); });
        },
      },
      announcer: { announce: () => later(() => undefined) },
      witness: { recovered: () => undefined, joined: () => undefined },
    };
  }

  /** The client found the token and connected with it. */
  private comesBack(tunnelId: string): void {
    const droppedAt = this.sources.get(tunnelId)?.droppedAt;
    if (droppedAt !== undefined) {
      this.recoveries.push(this.time.now - droppedAt);
      this.drops.push(droppedAt);
    }
    this.sources.set(tunnelId, { connection: { status: 'CONNECTED', lastUpdatedAt: this.time.now } });
    this.waiting.get(tunnelId)?.();
    this.waiting.delete(tunnelId);
  }

  private describe(tunnelId: string): Observation {
    const { time: { now } } = this;
    const source = this.sources.get(tunnelId)?.connection ?? { status: 'CONNECTED', lastUpdatedAt: now };
    return {
      kind: 'open', at: now, createdAt: now - 2 * HOUR, expiresAt: now + 10 * HOUR, source, destination: { status: 'CONNECTED', lastUpdatedAt: now - HOUR },
      services: ['SSH'], tags: {},
    };
  }

  /** As the SDK calls: at the pace that its limiter grants, up to three times. */
  private async call<T>(strategy: Strategy, quota: Quota, what: 'observe' | 'rotate', effect: () => T): Promise<T> {
    let token = await strategy.acquireInitialRetryToken('') as StandardRetryToken;
    for (;;) {
      this.calls[what] += 1;
      await this.time.sleep(LATENCY);
      if (quota.take()) {
        strategy.recordSuccess(token);
        return effect();
      }
      this.calls.throttled += 1;
      try {
        token = await strategy.refreshRetryTokenForRetry(token, { errorType: 'THROTTLING' }) as StandardRetryToken;
      } catch {
        throw new DependencyError(`IoTSecureTunneling.${what}`, 'unavailable', 'ThrottlingException', true);
      }
      await this.time.sleep(token.getRetryDelay());
    }
  }
}

interface Strategy {
  acquireInitialRetryToken(scope: string): Promise<RetryToken>;
  refreshRetryTokenForRetry(token: StandardRetryToken, error: { errorType: 'THROTTLING' }): Promise<RetryToken>;
  recordSuccess(token: StandardRetryToken): void;
}
