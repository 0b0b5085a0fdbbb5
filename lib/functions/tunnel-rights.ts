import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RuntimePolicy } from '../runtime-contract';
import { Wildcard } from './wildcards';

export interface Rights {
  readonly statements: PolicyStatement[];
  readonly wildcards: Wildcard[];
}

/**
 * What the rotator may do to tunnels, as narrow as IAM allows. DescribeTunnel is open to all of them: only from its answer does the
 * rotator learn which are in scope.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/tunnel-access.html
 */
export function tunnelRights(stack: Stack, { clientModes, scope }: Required<RuntimePolicy>): Rights {
  const arn = (resource: string, resourceName: string) => stack.formatArn({ service: 'iot', resource, resourceName });
  const tunnels = arn('tunnel', '*');
  // A request that names a destination may be judged by its thing as well; a source's names none.
  const things = clientModes.includes('DESTINATION') ? (scope.things ?? ['*']).map((thing) => arn('thing', thing)) : [];
  const rotate = (sid: string, modes: string[], resources: string[], services?: readonly string[]) => new PolicyStatement({
    sid,
    actions: ['iot:RotateTunnelAccessToken'],
    resources,
    conditions: {
      // AWS's pages spell the value in upper case here, in lower case there.
      StringEqualsIgnoreCase: { 'iot:ClientMode': modes },
      ...(services && { 'ForAnyValue:StringEquals': { 'iot:TunnelDestinationService': services } }),
    },
  });

  const statements = [new PolicyStatement({ sid: 'ObserveTunnels', actions: ['iot:DescribeTunnel'], resources: [tunnels] })];
  // A source's rotation carries no services that a condition could ask for.
  if (clientModes.includes('SOURCE')) statements.push(rotate('RotateSourceTokens', ['SOURCE'], [tunnels]));
  if (clientModes.includes('DESTINATION')) {
    const modes = clientModes.includes('SOURCE') ? ['DESTINATION', 'ALL'] : ['DESTINATION'];
    statements.push(rotate('RotateDestinationTokens', modes, [tunnels, ...things], scope.services));
  }
  return {
    statements,
    wildcards: [
      [tunnels, 'Tunnels come and go at run time; the rotator looks at each to learn whether it is in scope'],
      ...things.filter((thing) => thing.includes('*')).map((thing): Wildcard => [thing, 'Things come and go at run time; tunnelScope narrows this']),
    ],
  };
}

/** Carrying destination tokens to a topic of the user's own. */
export function destinationTopicRights(stack: Stack, topic: string | undefined): Rights {
  if (topic === undefined) return { statements: [], wildcards: [] };
  const topics = stack.formatArn({ service: 'iot', resource: 'topic', resourceName: topic.replace('<tunnelId>', '*') });
  return {
    statements: [new PolicyStatement({ sid: 'CarryDestinationTokens', actions: ['iot:Publish'], resources: [topics] })],
    wildcards: [[topics, 'Tunnels come and go at run time; the topic is fixed around their id']],
  };
}

/** Looking up the tunnels of a device that came online, or all of them. It shows ids and states, no tokens. */
export function listTunnelsRights(): Rights {
  return {
    // The developer guide names tunnel and thing ARNs, the service authorization reference no resource at all: only `*` works whichever is right.
    statements: [new PolicyStatement({ sid: 'ListTunnels', actions: ['iot:ListTunnels'], resources: ['*'] })],
    wildcards: [['*', 'ListTunnels knows no resource; it lists ids and states, no tokens']],
  };
}
