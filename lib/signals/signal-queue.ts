import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeInPacks } from '../functions/wildcards';

// The rotator's timeout of 20 s, the margin of its claim (5 s) and some slack: a crashed rotation is tried again as soon as
// its claim has expired. Six timeouts, the usual advice, guard against a poller that fetches more than the function
// takes; the mapping's maximum concurrency does that here, and a dropped tunnel should not wait for two minutes.
const VISIBILITY_TIMEOUT = Duration.seconds(30);

/** Where all signals meet, and where those end up that could not be worked off. */
export class SignalQueue extends Queue {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    const deadLetters = new Queue(scope, 'DeadLetterQueue', {
      ...SAFE,
      retentionPeriod: Duration.days(14),
    });
    acknowledgeInPacks(deadLetters, 'SQSRedrivePolicy', 'It is the dead-letter queue; an alarm tells of what lies there');
    super(scope, id, {
      ...SAFE,
      visibilityTimeout: VISIBILITY_TIMEOUT,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    this.deadLetters = deadLetters;
  }
}

const SAFE = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, removalPolicy: RemovalPolicy.DESTROY };
