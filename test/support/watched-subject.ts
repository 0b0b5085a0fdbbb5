import { createHash } from 'node:crypto';
import { announcementOf } from '../../lambda/domain/announcement';
import { toMessage } from '../../lambda/domain/normalise';
import type { Invocation } from '../../lambda/domain/ports';
import type { Signal } from '../../lambda/domain/vocabulary';
import type { RecoveryPorts } from '../../lambda/rotator/context';
import { Confidential } from '../../lib/confidential';
import type { Subject } from '../../simulation/subject';
import { renderings } from '../../leak-scan/renderings';
import { SecretFinder } from '../../leak-scan/secret-finder';

/**
 * The code under test in the simulation, with tokens and proofs that look like real ones, and with somebody who reads along at every port: rows, messages,
 * announcements, what a witness logs, outcomes and errors. The pretended world has short names for both, so that its stories are easy to read; they are
 * turned into long ones on the way in, and back on the way out.
 */
export class WatchedSubject {
  private readonly finder = new SecretFinder();
  /** By the text that the pretended world has for it, and the other way round. */
  private readonly long = new Map<string, string>();
  private readonly short = new Map<string, string>();
  private readonly found = new Set<string>();
  /** Texts that were read. */
  read = 0;

  constructor(private readonly product: Subject) {}

  /** Where a token or proof stood that does not belong there. */
  get leaks(): string[] {
    return [...this.found];
  }

  /** How many secrets it knows. */
  get size(): number {
    return this.finder.size;
  }

  get subject(): Subject {
    return {
      ...this.product,
      recover: async (signal, ports, invocation, policy) => {
        const outcomes = this.product.recover(this.withProof(signal), ports, this.watchedInvocation(invocation), policy);
        outcomes.then((all) => this.look('an outcome', all), (error) => this.look('an error', error));
        return outcomes;
      },
      wrap: (ports, signal) => this.product.wrap?.(this.watchedPorts(ports), signal) ?? this.watchedPorts(ports),
    };
  }

  private withProof(signal: Signal): Signal {
    const proof = signal.proof && new Confidential(this.long.get(signal.proof.reveal()) ?? signal.proof.reveal());
    return { ...signal, proof };
  }

  private watchedInvocation({ deadline, newVersionId, newProof }: Invocation): Invocation {
    return { deadline, newVersionId, newProof: () => new Confidential(this.lengthen('proof', newProof().reveal())) };
  }

  private watchedPorts(ports: RecoveryPorts): RecoveryPorts {
    const { tunnels, ledger, vault, signals, announcer, witness } = ports;
    const told = <T>(place: string, ...values: unknown[]) => (go: () => T): T => {
      for (const value of values) this.look(place, value);
      return go();
    };
    return {
      ...ports,
      tunnels: {
        observe: tunnels.observe,
        rotate: async (...call) => {
          const { tokens: { source }, fence } = await tunnels.rotate(...call);
          return { tokens: { source: source && new Confidential(this.lengthen('token', source.reveal())) }, fence };
        },
      },
      ledger: {
        ...ledger,
        claim: (...call) => told<ReturnType<typeof ledger.claim>>('a row', ...call)(() => ledger.claim(...call)),
        claimByProof: (...call) => told<ReturnType<typeof ledger.claimByProof>>('a row', ...call)(() => ledger.claimByProof(...call)),
        release: (...call) => told<ReturnType<typeof ledger.release>>('a row', ...call)(() => ledger.release(...call)),
        commit: (...call) => told<ReturnType<typeof ledger.commit>>('a row', ...call)(() => ledger.commit(...call)),
      },
      vault: {
        ...vault,
        deliver: (parcel, versionId, exists) => {
          // A parcel may be logged; nothing shows but what is no secret.
          this.look('a parcel', parcel);
          this.look('a version id', versionId);
          return vault.deliver({ ...parcel, token: new Confidential(this.short.get(parcel.token.reveal()) ?? parcel.token.reveal()) }, versionId, exists);
        },
      },
      signals: {
        send: (news, delay) => {
          // The queue is where a client's proof belongs, and no token does.
          this.look('a message', toMessage(news), ['token']);
          return signals.send(news, delay);
        },
      },
      announcer: {
        announce: (signal, outcome) => told<Promise<void>>('an announcement', announcementOf(signal, outcome))(() => announcer.announce(signal, outcome)),
      },
      witness: {
        recovered: (signal, outcome) => told<void>('a log line', signal, outcome)(() => witness.recovered(signal, outcome)),
        joined: (signal) => told<void>('a log line', signal)(() => witness.joined(signal)),
      },
    };
  }

  /** The same text for the same name, in each run. */
  private lengthen(kind: 'token' | 'proof', short: string): string {
    const known = this.long.get(short);
    if (known) return known;
    const long = `${kind === 'token' ? 'LOCALCAT-' : ''}${createHash('sha512').update(short).digest('base64url')}`;
    this.long.set(short, long);
    this.short.set(long, short);
    this.finder.learn(kind, long);
    return long;
  }

  private look(place: string, value: unknown, kinds = ['token', 'proof']): void {
    const texts = renderings(value);
    this.read += texts.length;
    for (const { kind } of this.finder.find(texts.map((text) => ({ place, text })))) if (kinds.includes(kind)) this.found.add(`${kind} in ${place}`);
  }
}
