import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkSecretPrefix, checkSweepInterval } from './checks';
import { DisconnectSource } from './disconnect-source';
import { RotationLedger } from './rotation-ledger';
import { RotatorFunction } from './rotator-function';
import { rotatorName } from './rotator-name';
import { SignalQueue } from './signal-queue';
import { SweeperFunction } from './sweeper-function';
import { TokenSecrets } from './token-secrets';

/** Options of `TunnelTokenRotator`. None is required. */
export interface TunnelTokenRotatorProps {
  /**
   * Where the fresh tokens lie in Secrets Manager: a tunnel's secret is called `<secretPrefix>/<tunnelId>/source`, so you can
   * write its name down before the tunnel exists. Letters, digits and `_+=.@-`, in parts joined by single slashes, 376
   * characters at most. No two rotators may share a prefix, nor may one prefix be the beginning of another's path.
   *
   * @default 'tunnel-tokens/<stack name>-<construct path in the stack, joined by hyphens>'
   */
  readonly secretPrefix?: string;

  /**
   * How the rotator hears that a source dropped. With an empty list only the sweep notices, after one to two intervals.
   *
   * @default [DisconnectSource.mqtt(), DisconnectSource.eventBridge()]
   */
  readonly disconnectSources?: DisconnectSource[];

  /**
   * How often all open tunnels are looked at, in case nobody signalled. Whole minutes, at least 1, because EventBridge
   * schedules no finer.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
   * @default Duration.minutes(1)
   */
  readonly sweepInterval?: Duration;
}

/**
 * Rotates the source access token of an AWS IoT Secure Tunneling tunnel after its source dropped, exactly once for each drop,
 * and delivers the fresh token to AWS Secrets Manager. It never touches a connection that is healthy.
 *
 * It serves every tunnel of its account and region, so one is enough for both.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/secure-tunneling.html
 */
export class TunnelTokenRotator extends Construct {
  /** Beginning of the names of all secrets that this rotator writes. */
  public readonly secretPrefix: string;

  /** All signals arrive here. */
  public readonly queue: IQueue;

  /** Signals that failed five times, or could not be sent to the queue. Kept for 14 days. */
  public readonly deadLetterQueue: IQueue;

  /** Takes signals off the queue and rotates what dropped. */
  public readonly rotatorFunction: IFunction;

  /** Looks at all open tunnels on schedule. */
  public readonly sweeperFunction: IFunction;

  /** What was rotated last, one row a tunnel and side. Holds no token. */
  public readonly ledgerTable: ITable;

  private readonly secrets: TokenSecrets;

  /**
   * @throws if a prop is not what its description asks for; the message says what it got and what it wants.
   */
  constructor(scope: Construct, id: string, props: TunnelTokenRotatorProps = {}) {
    super(scope, id);
    const name = rotatorName(this);
    this.secretPrefix = props.secretPrefix ?? `tunnel-tokens/${name}`;
    const interval = props.sweepInterval ?? Duration.minutes(1);
    checkSecretPrefix(this.secretPrefix);
    checkSweepInterval(interval);

    const queue = new SignalQueue(this, 'SignalQueue');
    this.queue = queue;
    this.deadLetterQueue = queue.deadLetters;
    this.ledgerTable = new RotationLedger(this, 'Ledger');
    this.secrets = new TokenSecrets(this, this.secretPrefix);
    this.rotatorFunction = new RotatorFunction(this, 'Rotator', {
      rotatorName: name, queue, ledger: this.ledgerTable, secrets: this.secrets,
    }).function;
    this.sweeperFunction = new SweeperFunction(this, 'Sweeper', {
      rotatorName: name, queue, ledger: this.ledgerTable, interval,
    }).function;

    const sources = props.disconnectSources ?? [DisconnectSource.mqtt(), DisconnectSource.eventBridge()];
    for (const source of sources) source.bind(this, { queue: this.queue, deadLetterQueue: this.deadLetterQueue });

    this.checkNeighbours();
  }

  /**
   * Name of the secret that holds a tunnel's source token: `<secretPrefix>/<tunnelId>/source`. A `:` in the tunnel id, which
   * a secret name cannot hold, becomes a `.`.
   *
   * @param tunnelId as OpenTunnel returned it
   */
  public sourceSecretName(tunnelId: string): string {
    return this.secrets.nameFor(tunnelId);
  }

  /** Two rotators that serve the same tunnels would both rotate after a drop, and the second rotation cuts off the healed source. */
  private checkNeighbours(): void {
    const { environment } = Stack.of(this);
    for (const other of this.node.root.node.findAll()) {
      if (!(other instanceof TunnelTokenRotator) || other === this || Stack.of(other).environment !== environment) continue;
      if (overlap(this.secretPrefix, other.secretPrefix)) {
        throw new Error(`secretPrefix must not overlap that of ${other.node.path}, '${other.secretPrefix}', but is '${this.secretPrefix}'`);
      }
      Annotations.of(this).addWarningV2('cdk-tunnel-token-rotator:sameTunnels',
        `${other.node.path} serves the tunnels of the same account and region: both would rotate after each drop, and the second `
        + 'rotation would cut off the source that the first one brought back. Keep one of the two.');
    }
  }
}

/** Equal, or one is the beginning of the other's path. */
const overlap = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
