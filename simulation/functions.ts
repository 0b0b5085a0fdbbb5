import { normalise } from '../lambda/domain/normalise';
import { greet } from '../lambda/rotator/presence';
import { Rechecks } from '../lambda/rotator/rechecks';
import { Confidential } from '../lib/confidential';
import type { Policy } from '../lambda/domain/policy';
import type { Outcome, Presence } from '../lambda/domain/vocabulary';
import type { Chance } from './chance';
import { DEPLOYMENT, TIME_TO_FINISH } from './conditions';
import { Instance } from './instance';
import { greetPorts, recoveryPorts, sweepPorts, type Cloud } from './ports';
import type { Message, PretendedQueue } from './queue';
import { RecoveryStrand } from './recovery-strand';
import { Strand } from './scheduler';
import type { Subject } from './subject';
import type { Tunnel } from './tunneling';

/** What the functions run on. */
export interface Machinery extends Cloud {
  readonly subject: Subject;
  /** What the functions are configured with. */
  readonly policy: Policy;
  readonly queue: PretendedQueue;
  /** Something may befall: does it? Counts it if so. */
  strikes(name: string, kind: string): boolean;
  /** Deletes a message that was worked off; that may fail, too. */
  discard(message: Message): void;
  newVersionId(tunnel: Tunnel | undefined): string;
}

const ROTATORS = 6;
const SWEEPERS = 7;

/** Runs on what is in the queue; does around `recover` what `lambda/rotator.ts` does. */
export class RotatorFunction {
  private running = 0;
  private started = 0;
  /** What the warm instances remember that wait for work; who dies forgets. */
  private readonly warm: Rechecks[] = [];

  constructor(private readonly world: Machinery) {}

  /** A message became visible: the poller comes by in a moment. */
  arrived(message: Message): void {
    const dice = this.world.chance.of(ROTATORS, message.key, message.receives);
    this.world.scheduler.after(dice.between(1, 60), () => this.receive(dice));
  }

  private receive(dice: Chance): void {
    const { world } = this;
    if (this.running >= world.conditions.concurrency) return;
    const batch: Message[] = [];
    for (let left = 1 + dice.below(DEPLOYMENT.batchSize); left > 0; left--) {
      const message = world.queue.receive((count) => dice.below(count));
      if (!message) break;
      batch.push(message);
    }
    if (batch.length === 0) return;
    this.running += 1;
    this.started += 1;
    const name = `rotator ${this.started}`;
    const coldStart = dice.happens(0.1) ? dice.between(200, 1_500) : dice.between(1, 20);
    world.scheduler.after(coldStart, () => this.start(name, batch, dice));
  }

  private start(name: string, batch: readonly Message[], dice: Chance): void {
    const { world } = this;
    const done: Message[] = [];
    const rechecks = this.warm.pop() ?? new Rechecks();
    const skew = dice.between(-1, 1) * world.conditions.weather.skew;
    const instance = new Instance(world, name, skew, DEPLOYMENT.rotatorTimeout, (returned) => {
      this.running -= 1;
      if (returned) {
        this.warm.push(rechecks);
        for (const message of done) world.discard(message);
      } else for (const message of batch) world.watch.hit(aboutOf(message, world)); // they come back when their visibility timeout is over
      this.receive(dice);
    });
    const work = ([message, ...rest]: readonly Message[]): void => {
      if (!message) return instance.returns();
      this.handle(message, instance, rechecks, (succeeded) => {
        if (succeeded) done.push(message);
        work(rest);
      });
    };
    work(batch);
  }

  private handle(message: Message, instance: Instance, rechecks: Rechecks, ended: (succeeded: boolean) => void): void {
    const { world } = this;
    const { tally: { outcomes }, policy, subject: { recover, wrap } } = world;
    const normalised = normalise(message.body, message.sentAt);
    if (!normalised.ok) {
      world.tally.count(outcomes, `malformed: ${normalised.fault}`);
      return ended(true);
    }
    if ('presence' in normalised) return this.greet(normalised.presence, message, instance, ended);

    const { signal } = normalised;
    const tunnel = world.tunneling.tunnels.get(signal.tunnelId);
    const strand = new RecoveryStrand(message.receives > 1 ? `${message.name}.r${message.receives}` : message.name, instance.name, tunnel, signal);
    instance.runs(strand);
    const proof = signal.proof ? `, proof ${signal.proof.reveal()}` : '';
    world.tell?.(tunnel?.index, `takes message ${strand.name}${proof}`, { strand, isMinor: true });
    const end = (words: readonly string[], succeeded: boolean, results: readonly Outcome[] = []) => {
      if (strand.dead) return; // what it had heard before it died may still be on its way through its code
      strand.ended = true;
      world.watch.finished(strand, results);
      for (const outcome of words) world.tally.count(outcomes, outcome);
      world.tell?.(tunnel?.index, words.join(', '), { strand, isMinor: true });
      ended(succeeded);
    };

    const ports = recoveryPorts(world, strand, instance, rechecks);
    // Here a version's proof is its id, so that stories are easy to read.
    let versionId = '';
    const invocation = {
      deadline: Math.floor(instance.deadline + instance.skew),
      newVersionId: () => versionId = world.newVersionId(tunnel), newProof: () => new Confidential(versionId),
    };
    world.scheduler.resume(strand);
    recover(signal, wrap ? wrap(ports, signal) : ports, invocation, policy).then(
      (results) => {
        world.watch.public(JSON.stringify(results), 'an outcome');
        end(results.length > 0 ? results.map(wordsFor) : ['joined to another look'], true, results);
      },
      (error: unknown) => {
        world.watch.failed(tunnel, error);
        end([`failed: ${(error as { code?: string }).code ?? (error as Error).name}`], false);
      },
    );
  }

  private greet(presence: Presence, { name, receives }: Message, instance: Instance, ended: (succeeded: boolean) => void): void {
    const { world } = this;
    const strand = new Strand(receives > 1 ? `${name}.r${receives}` : name, instance.name);
    const { tunnels, signals } = greetPorts(world, strand, instance);
    instance.runs(strand);
    const end = (succeeded: boolean) => {
      if (strand.dead) return;
      strand.ended = true;
      ended(succeeded);
    };
    world.scheduler.resume(strand);
    greet(presence, tunnels, signals).then(() => end(true), (error: unknown) => {
      world.watch.failed(undefined, error);
      end(false);
    });
  }
}

/** Runs on its schedule; does around `sweep` what `lambda/sweeper.ts` does. */
export class SweeperFunction {
  private fired = 0;

  constructor(private readonly world: Machinery) {}

  /** Plans all the sweeps to come. EventBridge may fire late, twice, or not at all. */
  schedule(): void {
    const { world } = this;
    if (world.isOver) return;
    world.scheduler.after(DEPLOYMENT.sweepInterval, () => this.schedule());
    const ordinal = this.fired++;
    const dice = world.chance.of(SWEEPERS, ordinal);
    const bad = dice.happens(world.conditions.weather.messageFaults);
    const drawn = dice.pick(['sweep lost', 'sweep doubled'] as const);
    const fault = bad && world.strikes(`sweep${ordinal}`, drawn) ? drawn : undefined;
    if (fault === 'sweep lost') return world.watch.hit();
    this.start(`sweep ${ordinal}`, dice.between(0, 3_000), dice.between(-1, 1));
    if (fault === 'sweep doubled') this.start(`sweep ${ordinal} again`, dice.between(0, 10_000), dice.between(-1, 1));
  }

  private start(name: string, delay: number, lean: number): void {
    const { world } = this;
    world.scheduler.after(delay, () => {
      world.tally.sweeps += 1;
      const instance = new Instance(world, name, lean * world.conditions.weather.skew, DEPLOYMENT.sweeperTimeout, () => undefined);
      const strand = new Strand(name.replaceAll(' ', ''), name);
      instance.runs(strand);
      const end = () => {
        strand.ended = true;
        instance.returns();
      };
      const deadline = instance.deadline + instance.skew - TIME_TO_FINISH;
      world.subject.sweep(sweepPorts(world, strand, instance), deadline, world.policy).then(end, (error: unknown) => {
        world.watch.failed(undefined, error);
        end();
      });
    });
  }
}

/** The tunnel that a message is about, if there is one. */
function aboutOf({ body, sentAt }: Message, { tunneling }: Machinery): Tunnel | undefined {
  const normalised = normalise(body, sentAt);
  return normalised.ok && 'signal' in normalised ? tunneling.tunnels.get(normalised.signal.tunnelId) : undefined;
}

function wordsFor(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'rotated': return `rotated${outcome.side === 'destination' ? ', a destination' : ''}${outcome.committed ? '' : ', not committed'}`;
    case 'held': return `held: ${outcome.reason}`;
    case 'retired': return `retired: ${outcome.reason}`;
  }
}
