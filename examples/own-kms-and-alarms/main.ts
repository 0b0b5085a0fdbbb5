import { App, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ManagedPolicy, PermissionsBoundary, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TunnelTokenRotator } from 'cdk-tunnel-token-rotator';

const stack = new Stack(new App(), 'Tunnels', { env: { account: '123456789012', region: 'eu-west-1' } });

// The tokens are encrypted with a key of your own, and lie under names that you chose.
const tokenKey = new Key(stack, 'TokenKey', { description: 'Encrypts tunnel tokens', enableKeyRotation: true });
// Alarms go to whoever is on call.
const onCall = new Topic(stack, 'OnCall', { enforceSSL: true });

const rotator = new TunnelTokenRotator(stack, 'Rotator', {
  secretPrefix: 'remote-access/tokens',
  encryptionKey: tokenKey,
  alarmActions: [new SnsAction(onCall)],
  logRetention: RetentionDays.THREE_MONTHS,
});

// The default set of alarms leaves room for the sweep. Where every client signals, ask for more.
rotator.alarms.recoveryTime('RecoveryWithinTenSeconds', { threshold: 10_000 });

// Operators read tokens, and the key comes with the grant.
rotator.grantReadToken(Role.fromRoleName(stack, 'Operators', 'remote-access-operators'));

// No prop is needed for what an Aspect does: here, a permissions boundary on every role.
PermissionsBoundary.of(stack).apply(ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'workload-boundary'));
