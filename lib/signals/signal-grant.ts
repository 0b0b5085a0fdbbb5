import { Annotations, Token } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TokenGrantOptions } from '../grant-options';
import { SignalPermission } from './signal-target';

/**
 * Lets somebody signal: for all tunnels by every permission, for one tunnel or thing by those that can be limited to it. IAM cannot look into an
 * event, so nobody puts events on behalf of one tunnel.
 */
export function grantSignals(rotator: Construct, grantee: IGrantable, permissions: SignalPermission[], options: TokenGrantOptions): Grant {
  const usable = permissions.filter(({ resourceArn }) => Object.entries(options)
    .every(([place, value]) => value === undefined || resourceArn.includes(`<${place}>`)));
  if (permissions.length > 0 && usable.length === 0) {
    Annotations.of(rotator).addWarningV2('cdk-tunnel-token-rotator:signalsNotGranted',
      `no disconnect source can be limited to ${named(options)}, so that nobody was allowed to signal. Add DisconnectSource.mqtt(), or grant it for all.`);
  }
  return usable
    .map(({ action, resourceArn, conditions }) =>
      Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [filled(resourceArn, options)], conditions }))
    .reduce((all, grant) => all.combine(grant), Grant.drop(grantee, 'no disconnect source needs a permission'));
}

const filled = (arn: string, { tunnelId, thingName }: TokenGrantOptions): string =>
  arn.replace('<tunnelId>', tunnelId === undefined ? '*' : encoded(tunnelId)).replace('<thingName>', thingName ?? '*');

const encoded = (tunnelId: string): string => (Token.isUnresolved(tunnelId) ? tunnelId : encodeURIComponent(tunnelId));

const named = ({ tunnelId, thingName }: TokenGrantOptions): string =>
  [tunnelId && `tunnel ${tunnelId}`, thingName && `thing ${thingName}`].filter(Boolean).join(' and ');
