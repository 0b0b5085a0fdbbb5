import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DisconnectSource, TunnelTokenRotator, type ConnectGrantOptions, type ITunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib';
import type { Permission } from '../../local-cloud/calls';
import { parsePolicy, type Statement } from '../../local-cloud/iam/policy';
import { readable } from '../lib/synth';
import { mutationsOf } from './mutations';
import type { Asked, Held } from './rights';

const HOME = { account: '123456789012', region: 'eu-west-1' };
const arn = (service: string, name: string) => `arn:aws:${service}:${HOME.region}:${HOME.account}:${name}`;
const KEY = arn('kms', 'key/tokens');
const BUS = arn('events', 'event-bus/fleet');
/** Whose tunnels and things there are: ours, and somebody else's. */
const [MINE, THEIRS, OURS, FOREIGN] = ['mine', 'theirs', 'pump-7', 'gate-1'];
const THING_TAG = 'secretsmanager:ResourceTag/tunnel-token-rotator:thing';

export interface Granted {
  readonly method: 'grantReadToken' | 'grantSignal' | 'grantConnect';
  readonly options: ConnectGrantOptions;
  /** Of the rotator; what makes it special, in a few words. */
  readonly rotator?: string;
  /** What whoever got the grant is meant to do with it. */
  readonly uses: readonly Permission[];
}

const secret = (action: string, tunnel = MINE): Permission => ({
  action: `secretsmanager:${action}`, resource: arn('secretsmanager', `secret:acme/${tunnel}/source-AbCdEf`), context: { [THING_TAG]: OURS },
});
const reads = [secret('GetSecretValue'), secret('DescribeSecret')];
const decrypts: Permission = { action: 'kms:Decrypt', resource: KEY, context: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' } };
const says = (prefix: string, ...levels: string[]): Permission[] => levels.flatMap((level) => ['disconnected', 'token-request']
  .map((last) => ({ action: 'iot:Publish', resource: arn('iot', `topic/${prefix}/${level}/${last}`) })));
const puts = (bus: string, context: Permission['context']): Permission => ({ action: 'events:PutEvents', resource: bus, context: { 'events:source': 'fleet.agents', ...context } });
const putsDefault = puts(arn('events', 'event-bus/default'), { 'events:detail-type': 'Tunnel Disconnected' });
const looks: Permission = { action: 'iot:DescribeTunnel', resource: arn('iot', `tunnel/${MINE}`) };
const lists: Permission = { action: 'iot:ListTunnels', resource: '*' };
const opens: Permission[] = [
  { action: 'iot:OpenTunnel', resource: arn('iot', 'tunnel/*') }, { action: 'iot:OpenTunnel', resource: arn('iot', `thing/${OURS}`) },
  { action: 'iot:CloseTunnel', resource: arn('iot', `tunnel/${MINE}`) },
];
const tags: Permission = { action: 'iot:TagResource', resource: arn('iot', 'tunnel/*'), context: { 'aws:TagKeys': 'fleet', 'aws:RequestTag/fleet': 'north' } };
const [byTunnel, byThing] = [MINE, `${OURS}/${MINE}`];

/** Every grant, with every option: alone and together. */
export const GRANTS: readonly Granted[] = [
  { method: 'grantReadToken', options: {}, uses: reads },
  { method: 'grantReadToken', options: { tunnelId: MINE }, uses: reads },
  { method: 'grantReadToken', options: { thingName: 'pump-*' }, uses: reads },
  { method: 'grantReadToken', options: { tunnelId: MINE, thingName: OURS }, uses: reads },
  { method: 'grantReadToken', options: {}, rotator: 'encryptionKey', uses: [...reads, decrypts] },
  { method: 'grantSignal', options: {}, uses: [...says('tunnels', byTunnel, byThing), putsDefault] },
  { method: 'grantSignal', options: { tunnelId: MINE }, uses: says('tunnels', byTunnel, byThing) },
  { method: 'grantSignal', options: { thingName: 'pump-*' }, uses: says('tunnels', byThing) },
  { method: 'grantSignal', options: { tunnelId: MINE, thingName: OURS }, uses: says('tunnels', byThing) },
  { method: 'grantSignal', options: {}, rotator: 'topicPrefix', uses: says('acme/tunnels', byTunnel, byThing) },
  { method: 'grantSignal', options: {}, rotator: 'eventBus', uses: [puts(BUS, { 'events:source': 'acme.fleet', 'events:detail-type': 'Pump Lost' })] },
  { method: 'grantSignal', options: {}, rotator: 'no source', uses: [] },
  { method: 'grantConnect', options: {}, uses: [...reads, looks, lists, ...says('tunnels', byTunnel, byThing), putsDefault] },
  { method: 'grantConnect', options: { tunnelId: MINE }, uses: [...reads, looks, ...says('tunnels', byTunnel, byThing)] },
  { method: 'grantConnect', options: { thingName: 'pump-*' }, uses: [...reads, looks, lists, ...says('tunnels', byThing)] },
  { method: 'grantConnect', options: { tunnelId: MINE, thingName: OURS }, uses: [...reads, looks, ...says('tunnels', byThing)] },
  { method: 'grantConnect', options: { openTunnels: true }, uses: [...reads, looks, lists, ...opens, ...says('tunnels', byTunnel, byThing), putsDefault] },
  { method: 'grantConnect', options: { thingName: 'pump-*', openTunnels: true }, uses: [...reads, looks, lists, ...opens, ...says('tunnels', byThing)] },
  { method: 'grantConnect', options: { thingName: OURS, openTunnels: true, tagTunnels: true }, uses: [...reads, looks, lists, ...opens, tags, ...says('tunnels', byThing)] },
  { method: 'grantConnect', options: { thingName: OURS, openTunnels: true }, rotator: 'encryptionKey', uses: [...reads, decrypts, looks, lists, ...opens, ...says('tunnels', byThing)] },
];

const PROPS: Readonly<Record<string, (stack: Stack) => Pick<TunnelTokenRotatorProps, 'disconnectSources' | 'encryptionKey'>>> = {
  'encryptionKey': (stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', KEY) }),
  'topicPrefix': () => ({ disconnectSources: [DisconnectSource.mqtt({ topicPrefix: 'acme/tunnels' })] }),
  'eventBus': (stack) => ({
    disconnectSources: [DisconnectSource.eventBridge({
      eventBus: EventBus.fromEventBusArn(stack, 'Bus', BUS), eventPattern: { source: ['acme.fleet'], detailType: ['Pump Lost'] },
    })],
  }),
  'no source': () => ({ disconnectSources: [] }),
};

export const named = ({ method, options, rotator }: Granted): string => {
  const given = Object.entries(options).map(([option, value]) => `${option}: ${JSON.stringify(value)}`).join(', ');
  return `${method}(${given === '' ? '' : `{ ${given.replaceAll('"', "'")} }`})${rotator === undefined ? '' : `, ${rotator}`}`;
};

/** What the grantee's role may do then. */
export function statementsOf({ method, options, rotator }: Granted): Statement[] {
  const stack = new Stack(new App(), 'Tunnels', { env: HOME });
  const role = new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  const granting: ITunnelTokenRotator = new TunnelTokenRotator(stack, 'Rotator', { secretPrefix: 'acme', ...PROPS[rotator ?? '']?.(stack) });
  granting[method](role, options);
  const policies = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('Operator'));
  return policies.flatMap(([, { Properties }]) => parsePolicy(JSON.parse(JSON.stringify(readable(Properties.PolicyDocument)).replaceAll('${AWS::Partition}', 'aws'))));
}

/** The grant, held against what it is for, against calls a little beside that, and against the tunnels and things of others. */
export function heldAgainstItsUses(granted: Granted, statements = statementsOf(granted)): Held {
  const by = { type: 'AWS', name: `arn:aws:iam::${HOME.account}:role/Operator` } as const;
  return {
    role: named(granted),
    statements,
    calls: granted.uses.map((use) => ({ ...use, by })),
    beside: (call) => [...mutationsOf(call, statements), ...others(call, granted.options)].map((mutant): Asked => ({ ...mutant, by })),
    name: (text) => text.replace(/^arn:aws:([^:]*):eu-west-1:123456789012:/, '$1: ').replace(/\b123456789012\b/g, '<account>'),
  };
}

/** The same about what belongs to somebody else, where the options name what is one's own; DescribeTunnel and CloseTunnel know no thing of a tunnel. */
function others({ action, resource, context }: Permission, { tunnelId, thingName }: ConnectGrantOptions): Permission[] {
  const instead = (one: string, other: string) => (resource.includes(one) ? [{ action, resource: resource.replace(one, other), context }] : []);
  return [
    ...(tunnelId === undefined ? [] : instead(`/${MINE}`, `/${THEIRS}`)),
    ...(thingName === undefined ? [] : [...instead(`/${OURS}`, `/${FOREIGN}`), ...instead(`/${OURS}/`, '/')]),
    ...(thingName === undefined || context?.[THING_TAG] === undefined ? [] : [{ action, resource, context: { ...context, [THING_TAG]: FOREIGN } }]),
    // Whatever the policy asks for: nobody is to announce in the rotator's name, nor to use the key past Secrets Manager.
    ...(action === 'events:PutEvents' ? [{ action, resource, context: { ...context, 'events:source': 'tunnel-token-rotator', 'events:detail-type': 'Source Token Rotated' } }] : []),
    ...(action === 'kms:Decrypt' ? [{ action, resource, context: {} }] : []),
  ];
}
