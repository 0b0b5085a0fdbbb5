import { normalise } from '../lambda/domain/normalise';
import type { Outcome } from '../lambda/domain/vocabulary';
import type { Chance } from './chance';
import { DEPLOYMENT, TIME_TO_FINISH } from './conditions';
import type { Invocation } from './network';
import { recoveryPorts, sweepPorts } from './ports';
import type { Message } from './queue';
import { RecoveryStrand } from './recovery-strand';
import { Strand } from './scheduler';
import type { World } from './world';

/**
 * AWS Lambda, pretended: an invocation runs until it returns, crashes or reaches its deadline, and takes all its strands with it.
 * What `lambda/rotator.ts` and `lambda/sweeper.ts` do around `recover` and `sweep` is done here as well.
 */
class Instance implements Invocation {
  readonly deadline: number;
  private readonly strands: Strand[] = [];
  private over = false;

  constructor(
    private readonly world: World, readonly name: string, readonly skew: number, timeout: number,
    /** Called once, when it returned or died. */
    private readonly ended: (returned: boolean) => void,
  ) {
    this.deadline = world.scheduler.now + timeout;
    world.scheduler.at(this.deadline, () => this.die('is killed at its deadline'));
  }

  add(strand: Strand): void {
    this.strands.push(strand);
  }

  /** To be called whenever a strand ended. */
  check(): void {
    if (this.over || !this.strands.every(({ ended }) => ended)) return;
    this.over = true;
    this.ended(true);
  }

  die(cause: string): void {
    if (this.over) return;
    this.over = true;
    const { world } = this;
    for (const strand of this.strands) {
      if (strand.ended) continue;
      strand.diedAt = world.scheduler.now;
      world.tell?.((strand as Partial<RecoveryStrand>).tunnel?.index, cause, { strand });
      world.watch.troubled(strand);
    }
    this.ended(false);
  }
}

/** Runs the rotator function on what is in the queue. */
export class RotatorFunction {
  private running = 0;
  private started = 0;

  constructor(private readonly world: World) {}

  /** A message became visible: the poller comes by in a moment. */
  arrived(message: Message): void {
    const dice = this.world.chance.of(ROTATORS, message.key, message.receives);
    this.world.scheduler.after(dice.between(1, 60), () => this.receive(dice));
  }

  private receive(dice: Chance): void {
    const { world } = this;
    if (this.running >= DEPLOYMENT.maxConcurrency) return;
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
    const skew = dice.between(-1, 1) * world.conditions.weather.skew;
    const instance = new Instance(world, name, skew, DEPLOYMENT.rotatorTimeout, (returned) => {
      this.running -= 1;
      if (returned) for (const message of done) world.discard(message);
      this.receive(dice);
    });
    for (const message of batch) this.handle(message, instance, () => done.push(message));
    instance.check();
  }

  private handle(message: Message, instance: Instance, done: () => void): void {
    const { world } = this;
    const normalised = normalise(message.body, message.sentAt);
    if (!normalised.ok) {
      world.tally.count(world.tally.outcomes, `malformed: ${normalised.fault}`);
      return done();
    }
    if ('presence' in normalised) throw new Error('no presence is simulated yet');
    const { signal } = normalised;
    const tunnel = world.tunneling.tunnels.get(signal.tunnelId);
    const strand = new RecoveryStrand(message.receives > 1 ? `${message.name}.r${message.receives}` : message.name, instance.name, tunnel, signal);
    instance.add(strand);
    const proof = signal.proof ? `, proof ${signal.proof}` : '';
    world.tell?.(tunnel?.index, `takes message ${strand.name}${proof}`, { strand, isMinor: true });

    const invocation = {
      deadline: Math.floor(instance.deadline + instance.skew),
      newVersionId: () => world.newVersionId(tunnel),
    };
    const { recover, policy, wrap } = world.subject;
    const ports = recoveryPorts(world, strand, instance);
    const ended = (what: string) => {
      strand.ended = true;
      world.tally.count(world.tally.outcomes, what);
      world.tell?.(tunnel?.index, what, { strand, isMinor: true });
      instance.check();
    };
    recover(signal, wrap ? wrap(ports, signal) : ports, invocation, policy).then(
      (outcomes) => {
        world.watch.public(JSON.stringify(outcomes), 'an outcome');
        done();
        ended(outcomes.map(wordsFor).join(', '));
      },
      (error: unknown) => {
        world.watch.failed(tunnel, error);
        ended(`failed: ${(error as { code?: string }).code ?? (error as Error).name}`);
      },
    );
  }
}

/** Runs the sweeper function on its schedule. */
export class SweeperFunction {
  private fired = 0;

  constructor(private readonly world: World) {}

  /** Plans all the sweeps to come. EventBridge may fire late, twice, or not at all. */
  schedule(): void {
    const { world } = this;
    if (world.isOver) return;
    world.scheduler.after(DEPLOYMENT.sweepInterval, () => this.schedule());
    const ordinal = this.fired++;
    const dice = world.chance.of(SWEEPERS, ordinal);
    const bad = dice.happens(world.conditions.weather.messageFaults);
    const fault = bad ? dice.pick(['sweep lost', 'sweep doubled']) : undefined;
    const strikes = fault !== undefined && world.strikes(`sweep${ordinal}`, fault);
    if (strikes && fault === 'sweep lost') return;
    this.start(`sweep ${ordinal}`, dice.between(0, 3_000), dice.between(-1, 1));
    if (strikes) this.start(`sweep ${ordinal} again`, dice.between(0, 10_000), dice.between(-1, 1));
  }

  private start(name: string, delay: number, lean: number): void {
    const { world } = this;
    world.scheduler.after(delay, () => {
      world.tally.sweeps += 1;
      const instance = new Instance(world, name, lean * world.conditions.weather.skew, DEPLOYMENT.sweeperTimeout, () => undefined);
      const strand = new Strand(name.replaceAll(' ', ''), name);
      instance.add(strand);
      const ended = () => {
        strand.ended = true;
        instance.check();
      };
      const deadline = instance.deadline + instance.skew - TIME_TO_FINISH;
      world.subject.sweep(sweepPorts(world, strand, instance), deadline, world.subject.policy).then(ended, (error: unknown) => {
        world.watch.failed(undefined, error);
        ended();
      });
    });
  }
}

const ROTATORS = 6;
const SWEEPERS = 7;

function wordsFor(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'rotated': return outcome.committed ? 'rotated' : 'rotated, not committed';
    case 'held': return `held: ${outcome.reason}`;
    case 'retired': return `retired: ${outcome.reason}`;
  }
}
