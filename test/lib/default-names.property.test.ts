import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import fc from 'fast-check';
import { ClientMode, DisconnectSource, TunnelTokenRotator } from '../../lib';
import { rotatorName } from '../../lib/rotator-name';
import { ruleStem } from '../../lib/signals/topic-rules';
import { glob } from '../../local-cloud/iam/wildcards';
import { STACKS } from '../support/cases';
import { rotatorStack } from './synth';

/** Where a rotator is: in the stack of this name, below these constructs, some of which are nested stacks. */
interface Place {
  readonly stage?: string;
  readonly stack: string;
  readonly ids: readonly { readonly id: string; readonly nested: boolean }[];
}

/** The same few atoms, joined or not: what is apart in one path is one id in another. */
const atom = fc.constantFrom('A', 'B', 'a', '_', 'Default', 'Resource', 'é', 'e\u0301', 'ö', '日', ' ', '.', '+', '🔑', 'L'.repeat(130), `${'L'.repeat(130)}x`);
const joined = (atoms: fc.Arbitrary<string>) => fc.array(atoms, { minLength: 1, maxLength: 3 }).chain((parts) => fc.constantFrom('-', '', '--', '.').map((glue) => parts.join(glue)));
const place: fc.Arbitrary<Place> = fc.record({
  stage: fc.option(fc.constantFrom('A', 'B'), { nil: undefined }),
  stack: joined(fc.constantFrom('A', 'B', 'C')).filter((name) => /^[A-Za-z][A-Za-z0-9-]*$/.test(name)),
  ids: fc.array(fc.record({ id: joined(atom), nested: fc.boolean() }), { minLength: 1, maxLength: 3 }),
});
/** A rotator's place, and the one next to it that its name is most easily taken for. */
const neighbours = fc.oneof(
  fc.tuple(place, place),
  place.chain((one) => fc.nat(one.ids.length - 1).map((at): [Place, Place] => {
    const { id } = one.ids[at];
    const [head, ...tail] = id.split('-');
    const apart = [{ id: head, nested: false }, { id: tail.join('-'), nested: false }].filter((each) => each.id !== '');
    return [one, { ...one, ids: [...one.ids.slice(0, at), ...apart, ...one.ids.slice(at + 1)] }];
  })),
  place.map((one): [Place, Place] => [one, { ...one, stack: `${one.stack}-${one.ids[0].id.replace(/[^A-Za-z0-9-]/g, '').slice(0, 50)}`, ids: one.ids.length > 1 ? one.ids.slice(1) : one.ids }]),
  place.map((one): [Place, Place] => [one, { ...one, ids: [{ id: 'Default', nested: true }, ...one.ids] }]),
);

/** What a rotator there is called, wherever AWS knows it by a name that we chose; and where that is. */
function namesAt({ stage, stack, ids }: Place) {
  const app = new App();
  // In a stage the CDK itself refuses nested stacks whose path is long.
  const long = ids.some(({ id }) => id.length > 30);
  const outermost = new Stack(stage === undefined ? app : new Stage(app, stage), stack);
  const place = ids.reduce<Construct>((scope, { id, nested }, index) => (
    nested && !(long && stage !== undefined) && index < ids.length - 1 ? new NestedStack(scope, id) : new Construct(scope, id)), outermost);
  const name = rotatorName(place);
  return {
    path: JSON.stringify([outermost.stackName, ...ids.map(({ id }) => id)]),
    names: [name, ruleStem(new Construct(place, 'MqttSource')), ruleStem(new Construct(place, 'ThingPresenceSource'))],
    prefix: `tunnel-tokens/${name}`,
  };
}

test('GIVEN two rotators anywhere in one account and region THEN no name of one is the other\'s, and no pattern of its secrets covers them', () => {
  let different = 0;
  fc.assert(fc.property(neighbours, ([one, other]) => {
    const [a, b] = [namesAt(one), namesAt(other)];
    for (const stem of a.names.slice(1)) expect(stem).toMatch(/^[a-zA-Z0-9_]{1,100}$/); // and AWS takes it
    if (a.path === b.path) return expect(a).toEqual(b);
    different += 1;
    expect(a.names.filter((name) => b.names.includes(name))).toEqual([]);
    expect(glob(`${a.prefix}/*/source-??????`).test(`${b.prefix}/id/source-AbCdEf`)).toBe(false);
  }), STACKS);
  expect(different).toBeGreaterThan(STACKS.numRuns! / 2);
});

test('GIVEN every source and channel THEN nothing else has a name of its own: CloudFormation makes the others up', () => {
  const { template } = rotatorStack({
    clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION], disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.eventBridge(), DisconnectSource.thingPresence()],
  });
  const named = Object.values(template().toJSON().Resources as Record<string, { Type: string; Properties?: Record<string, unknown> }>)
    .flatMap(({ Type, Properties = {} }) => Object.entries(Properties)
      .filter(([property, value]) => /^(Name|.*Name)$/.test(property) && property !== 'MetricName' && typeof value === 'string').map(([property]) => `${Type} ${property}`));
  expect([...new Set(named)]).toEqual(['AWS::IoT::TopicRule RuleName']);
});

test('GIVEN an id of such length that no secret could be named after it THEN synth says so, and cuts nothing', () => {
  const stack = new Stack(new App(), 'Tunnels');
  expect(() => new TunnelTokenRotator(stack, 'x'.repeat(400))).toThrow('secretPrefix must have at most 376 characters');
});
