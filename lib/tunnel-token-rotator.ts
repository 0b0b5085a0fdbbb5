import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AnnouncementChannel } from './signals/announcement-channel';
import {
  checkAnnouncements, checkCallsPerSecond, checkDestinationTopic, checkMaxConcurrency, checkRedirection, checkSecretPrefix, checkSecretTags,
  checkSweepInterval,   checkVpc,
} from './checks';
import { ITunnelTokenRotator, TunnelTokenRotatorAttributes } from './rotator-interface';
import { defaultSources, ImportedRotator, RotatorBase } from './rotator-base';
import { SignalPermission } from './signals/signal-target';
import { RotationLedger } from './storage/rotation-ledger';
import { rotationPolicy } from './rotation-policy';
import { RotatorAlarms } from './monitoring/rotator-alarms';
import { RotatorDashboard } from './monitoring/rotator-dashboard';
import { RotatorFunction } from './functions/rotator-function';
import { RotatorMetrics } from './monitoring/rotator-metrics';
import { outermostStack, rotatorName } from './rotator-name';
import { TunnelTokenRotatorProps } from './rotator-props';
import { RuntimePolicy } from './runtime-contract';
import { SecretCleanup } from './functions/cleaner-function';
import { SignalQueue } from './signals/signal-queue';
import { SweeperFunction } from './functions/sweeper-function';
import { TokenSecrets } from './storage/token-secrets';
import { mayCollide } from './tunnel-scope';

/**
 * Rotates the source access token of an AWS IoT Secure Tunneling tunnel after its source dropped, exactly once for each drop,
 * and delivers the fresh token to AWS Secrets Manager. It never touches a connection that is healthy. If `clientModes` says so, it
 * does the same for the destination, whose token AWS itself delivers to the device.
 *
 * Unless `tunnelScope` says otherwise it serves every tunnel of its account and region, so one is enough for both.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/secure-tunneling.html
 * @exampleMetadata fixture=in-stack
 * @example
 * const fleet = new TunnelTokenRotator(this, 'Fleet', {
 *   clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION],
 *   tunnelScope: { things: ['pump-*'] },
 *   disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.thingPresence()],
 * });
 * fleet.grantConnect(operators);
 */
export class TunnelTokenRotator extends RotatorBase {
  /**
   * A rotator of another app, by what that app says of it: for grants, and for the names of its secrets. It is taken to be of the account and region of
   * the stack it is imported into.
   *
   * @exampleMetadata fixture=in-stack
   * @example
   * const fleet = TunnelTokenRotator.fromTunnelTokenRotatorAttributes(this, 'Fleet', {
   *   secretPrefix: 'tunnel-tokens/Tunnels-Fleet',
   *   disconnectSources: [DisconnectSource.mqtt()],
   * });
   * fleet.grantConnect(operators);
   * @param scope where it is imported
   * @param id what it is called there
   * @param attributes what the other app says
   * @throws if `secretPrefix` can't be one
   */
  public static fromTunnelTokenRotatorAttributes(scope: Construct, id: string, attributes: TunnelTokenRotatorAttributes): ITunnelTokenRotator {
    return new ImportedRotator(scope, id, attributes);
  }

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

  /** Deletes the secrets when the rotator leaves its stack. Runs only then. */
  public readonly cleanerFunction: IFunction;

  /** Where the rotator, the sweeper and the cleaner log, in this order. */
  public readonly logGroups: ILogGroup[];

  /** What was rotated last, one row a tunnel and side. Holds no token. */
  public readonly ledgerTable: ITable;

  /** Metrics of this rotator. */
  public readonly metrics: RotatorMetrics;

  /** Alarms of this rotator: the default set, and a method for each kind. */
  public readonly alarms: RotatorAlarms;

  /** @internal */
  protected readonly _secrets: TokenSecrets;
  /** @internal */
  protected readonly _signalPermissions: SignalPermission[];
  private readonly policy: Required<RuntimePolicy>;

  /**
   * @throws if a prop is not what its description asks for; the message says what it wants and what it got.
   */
  constructor(scope: Construct, id: string, props: TunnelTokenRotatorProps = {}) {
    super(scope, id);
    const name = rotatorName(this);
    const {
      secretPrefix = `tunnel-tokens/${name}`,
      disconnectSources = defaultSources(),
      announcements = [AnnouncementChannel.eventBridge(), AnnouncementChannel.mqtt()],
      sweepInterval = Duration.minutes(1),
      sweepEnabled = true,
      // Together they stay near the 10 calls a second to Secure Tunneling that we plan with: AWS publishes no quota.
      sweepCallsPerSecond = 10,
      maxConcurrency = 10,
    } = props;
    checkSecretPrefix(secretPrefix);
    checkAnnouncements(announcements.map((channel) => channel._kind));
    checkSweepInterval(sweepInterval);
    checkCallsPerSecond(sweepCallsPerSecond);
    checkMaxConcurrency(maxConcurrency);
    checkVpc(props);
    checkSecretTags(props.secretTags ?? {});
    if (props.destinationTopic !== undefined) checkDestinationTopic(props.destinationTopic);
    this.policy = rotationPolicy(props);

    const queue = new SignalQueue(this, 'SignalQueue');
    const ledger = new RotationLedger(this, 'Ledger', props.removalPolicy);
    this._secrets = new TokenSecrets(this, secretPrefix, props.encryptionKey, props.secretTags);
    this.secretPrefix = secretPrefix;
    this.queue = queue;
    this.deadLetterQueue = queue.deadLetters;
    this.ledgerTable = ledger;

    const target = { queue, deadLetterQueue: queue.deadLetters, managedPolicies: props.managedPolicies };
    const bound = disconnectSources.map((source) => source.bind(this, target));
    const hearsPresence = bound.some(({ reportsPresence }) => reportsPresence);
    this._signalPermissions = disconnectSources.flatMap((source) => source.signalPermissions(this));
    this.checkDestination(hearsPresence, props.destinationTopic);
    if (this.policy.redirection) checkRedirection(bound);

    const common = { rotatorName: name, queue, ledger, policy: this.policy, destinationTopic: props.destinationTopic, settings: props };
    const rotator = new RotatorFunction(this, 'Rotator', {
      ...common, secrets: this._secrets, announcements, hearsPresence, maxConcurrency,
    });
    const sweeper = new SweeperFunction(this, 'Sweeper', {
      ...common, deadLetterQueue: queue.deadLetters, interval: sweepInterval, enabled: sweepEnabled, callsPerSecond: sweepCallsPerSecond,
    });
    this.rotatorFunction = rotator.function;
    this.sweeperFunction = sweeper.function;

    const cleanup = new SecretCleanup(this, 'SecretCleanup', { rotatorName: name, ledger, secrets: this._secrets, settings: props });
    cleanup.outlive(this.rotatorFunction);
    this.cleanerFunction = cleanup.function;
    this.logGroups = [rotator.function, sweeper.function, cleanup.function].map(({ logGroup }) => logGroup);

    this.metrics = RotatorMetrics._of({ rotatorName: name, queue, deadLetterQueue: queue.deadLetters });
    this.alarms = RotatorAlarms._in(this, {
      metrics: this.metrics, sweepInterval, grace: props.grace, actions: props.alarmActions ?? [], okActions: props.okActions ?? [],
    });
    if (props.defaultAlarms ?? true) this.alarms._createDefaults(sweepEnabled, props.alarmChanges);
    if (props.dashboard ?? true) {
      const { metrics, rotatorFunction, sweeperFunction } = this;
      new RotatorDashboard(this, 'Dashboard', { metrics, alarms: this.alarms.all, rotatorFunction, sweeperFunction });
    }
    this.checkNeighbours();
  }

  /** Destination tokens are of no use to a rotator that does not serve destinations. */
  private checkDestination(hearsPresence: boolean, destinationTopic: string | undefined): void {
    if (this.policy.clientModes.includes('DESTINATION')) return;
    const orphan = hearsPresence ? 'a disconnect source that reports presence' : destinationTopic !== undefined && 'destinationTopic';
    if (orphan) throw new Error(`${orphan} needs ClientMode.DESTINATION among clientModes, but they are ${this.policy.clientModes.join(', ')}`);
  }

  /** Two rotators that serve the same tunnels would both rotate after a drop, and the second rotation cuts off the healed source. */
  private checkNeighbours(): void {
    const { environment } = Stack.of(this);
    for (const other of this.node.root.node.findAll()) {
      if (!(other instanceof TunnelTokenRotator) || other === this || Stack.of(other).environment !== environment) continue;
      if (overlap(this.secretPrefix, other.secretPrefix)) {
        const fault = `secretPrefix must not overlap that of ${other.node.path}, '${other.secretPrefix}', but is '${this.secretPrefix}'`;
        if (meetForSure(this, other)) throw new Error(fault);
        Annotations.of(this).addWarningV2('cdk-tunnel-token-rotator:sameSecretPrefix',
          `${fault}. If both are deployed to one account and region, each writes over the other's tokens; if they never are, acknowledge this.`);
      }
      if (!mayCollide(this.policy, other.policy)) continue;
      Annotations.of(this).addWarningV2('cdk-tunnel-token-rotator:sameTunnels',
        `${other.node.path} serves tunnels of the same account and region: both would rotate after each drop, and the second rotation `
        + 'would cut off what the first one brought back. Keep one of the two, or give them a tunnelScope each without a tunnel in common.');
    }
  }
}

/** In one stack, or in stacks whose account and region are known and the same. Where they are not known, the same app may be deployed to several. */
function meetForSure(one: Construct, other: Construct): boolean {
  const [a, b] = [outermostStack(one), outermostStack(other)];
  return a === b || ![a.account, a.region, b.account, b.region].some((part) => Token.isUnresolved(part));
}

/** Equal, or one is the beginning of the other's path. */
const overlap = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
