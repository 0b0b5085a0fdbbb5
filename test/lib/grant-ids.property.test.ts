import { App, Stack } from 'aws-cdk-lib';
import { PrincipalPolicyFragment, type IGrantable, type IPrincipal, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import fc from 'fast-check';
import { DisconnectSource, TunnelTokenRotator, type ConnectGrantOptions } from '../../lib';
import { tunnelRights } from '../../lib/functions/tunnel-rights';
import { sourceSecretName } from '../../lib/runtime-contract';
import { TokenSecrets } from '../../lib/storage/token-secrets';
import { evaluate } from '../../local-cloud/iam/evaluate';
import { parsePolicy, type Statement } from '../../local-cloud/iam/policy';
import { globalContext } from '../../local-cloud/iam/roles';
import { STACKS } from '../support/cases';

/** The statements that a grant writes for an id, a thing or a prefix, held by IAM's rules for `*` and `?` against that one, and against those next to it. */
const HOME = { account: '123456789012', region: 'eu-west-1' };
const stack = new Stack(new App(), 'Tunnels', { env: HOME });
const rotator = new TunnelTokenRotator(stack, 'Rotator', { secretPrefix: 'acme', disconnectSources: [DisconnectSource.mqtt({ topicPrefix: 'fleet.a/tunnels' })] });

/** Somebody who keeps what he is granted in his hands, so that nothing need be synthesized to read it. */
function granted(grant: (grantee: IGrantable) => unknown): Statement[] {
  const statements: PolicyStatement[] = [];
  const principal: IPrincipal = {
    get grantPrincipal() { return principal; },
    assumeRoleAction: 'sts:AssumeRole', policyFragment: new PrincipalPolicyFragment({}),
    addToPrincipalPolicy: (statement) => ({ statementAdded: statements.push(statement) > 0, policyDependable: stack }),
  };
  grant(principal);
  return written(statements);
}
const written = (statements: readonly PolicyStatement[]): Statement[] => parsePolicy({
  Version: '2012-10-17',
  Statement: JSON.parse(JSON.stringify(stack.resolve(statements.map((each) => each.toStatementJson()))).replace(/\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},("[^"]*")\]\]\}/g, (_, rest: string) => `"arn:aws${rest.slice(1)}`)),
});
const BY = 'arn:aws:iam::123456789012:role/Operator';
const may = (statements: readonly Statement[], action: string, resource: string, context = {}) =>
  evaluate(statements, { action, resource, principal: { type: 'AWS', name: BY }, context: globalContext(BY, { place: HOME, now: 0 }, context) }) === 'allowed';
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:123456789012:${resource}`;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-';
const text = (alphabet: string, maxLength = 128) => fc.oneof(fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength }), fc.string({ unit: fc.constantFrom(...alphabet.slice(60)), minLength: 1, maxLength: 6 }));
const tunnelId = text(`${LETTERS}+=:`);
const thingName = text(`${LETTERS}:`);
/** One, and another that is easily taken for it. */
const beside = (one: fc.Arbitrary<string>, alphabet: string) => fc.tuple(one, one, fc.nat(), fc.constantFrom(...alphabet)).chain(([a, b, at, letter]) => fc.constantFrom(
  b, a + letter, letter + a, a.slice(0, at % a.length) + letter + a.slice(at % a.length + 1), a.slice(1), a.slice(0, -1), a.toUpperCase(), a.toLowerCase(), a.replaceAll(':', '_'), a.repeat(2), [...a].reverse().join(''),
).filter((other) => other !== '' && other !== a && other.length <= 128).map((other): [string, string] => [a, other]));

/** What somebody does about a tunnel of a thing. */
const doings = (id: string, thing: string, prefix = 'acme'): (readonly [action: string, resource: string, context?: object])[] => [
  ...['GetSecretValue', 'DescribeSecret'].map((action) => (
    [`secretsmanager:${action}`, arn('secretsmanager', `secret:${sourceSecretName(prefix, id)}-AbCdEf`), { 'secretsmanager:ResourceTag/tunnel-token-rotator:thing': thing }] as const)),
  ...['disconnected', 'token-request'].map((last) => ['iot:Publish', arn('iot', `topic/fleet.a/tunnels/${thing}/${encodeURIComponent(id)}/${last}`)] as const),
];
const unnamed = (id: string) => [
  ...['disconnected', 'token-request'].map((last) => ['iot:Publish', arn('iot', `topic/fleet.a/tunnels/${encodeURIComponent(id)}/${last}`)] as const),
  ['iot:DescribeTunnel', arn('iot', `tunnel/${id}`)] as const,
];
const done = (statements: readonly Statement[], calls: ReturnType<typeof doings>) => calls.filter((call) => may(statements, ...call)).length;
const given = (options: ConnectGrantOptions) => granted((grantee) => rotator.grantConnect(grantee, options));

test('GIVEN any tunnel id WHEN it is granted THEN all is allowed about it, and nothing about another one', () => {
  fc.assert(fc.property(beside(tunnelId, `${LETTERS}+=:`), thingName, ([mine, theirs], thing) => {
    const statements = given({ tunnelId: mine });
    expect([done(statements, doings(mine, thing)), done(statements, unnamed(mine))]).toEqual([4, 3]);
    expect([done(statements, doings(theirs, thing)), done(statements, unnamed(theirs))]).toEqual([0, 0]);
  }), STACKS);
});

test('GIVEN any thing WHEN it is granted THEN all is allowed about its tunnels, and nothing about another one\'s, nor without its name', () => {
  fc.assert(fc.property(beside(thingName, `${LETTERS}:`), tunnelId, ([mine, theirs], id) => {
    const statements = given({ thingName: mine });
    expect(done(statements, doings(id, mine))).toBe(4);
    expect([done(statements, doings(id, theirs)), done(statements, unnamed(id).slice(0, 2))]).toEqual([0, 0]);
    const both = given({ thingName: mine, tunnelId: id });
    expect([done(both, doings(id, mine)), done(both, doings(id, theirs)), done(both, doings(theirs, mine))]).toEqual([4, 0, theirs === id ? 4 : 0]);
  }), STACKS);
});

test('GIVEN things that begin alike WHEN their pattern is granted, or is a scope, THEN it is they, and no others', () => {
  fc.assert(fc.property(text(`${LETTERS}:`, 60), thingName, tunnelId, (stem, other, id) => {
    const statements = given({ thingName: `${stem}*` });
    const scope = written(tunnelRights(stack, { clientModes: ['DESTINATION'], scope: { things: [`${stem}*`] }, grace: 0, budget: { burst: 1, refill: 1_000 }, redirection: false }).statements);
    for (const thing of [`${stem}${other}`.slice(0, 128), other]) {
      const theirs = thing.startsWith(stem);
      expect(done(statements, doings(id, thing))).toBe(theirs ? 4 : 0);
      expect(may(scope, 'iot:RotateTunnelAccessToken', arn('iot', `thing/${thing}`), { 'iot:ClientMode': 'DESTINATION' })).toBe(theirs);
    }
  }), STACKS);
});

test('GIVEN any prefix WHEN its tokens are granted, or written, THEN it is these, and none below a prefix that merely looks like it', () => {
  const part = text(`${LETTERS}+=.@`, 20);
  const prefix = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  fc.assert(fc.property(beside(prefix, `${LETTERS}+=.@`).filter(([, other]) => !/^\/|\/$|\/\//.test(other)), tunnelId, ([mine, theirs], id) => {
    const secrets = new TokenSecrets(stack, mine);
    const statements = granted((grantee) => secrets.grantRead(grantee, {}));
    const present = (name: string) => may(statements, 'secretsmanager:GetSecretValue', arn('secretsmanager', `secret:${name}-AbCdEf`));
    // One below the other is refused at synth: 'two rotators with the prefixes ... would write the same secrets'.
    const below = theirs.startsWith(`${mine}/`);
    expect([present(sourceSecretName(mine, id)), present(sourceSecretName(theirs, id))]).toEqual([true, below]);
    expect([`${mine}/${id.replaceAll(':', '.')}/source-db`, `${mine}/source`, `${mine}/${id.replaceAll(':', '.')}/destination`].filter(present)).toEqual([]);
  }), STACKS);
});

test.each(['*', '?', 'a*', 'a/b', '', '..', 'a.b', '${aws:username}', 'x'.repeat(129), 'é'])('GIVEN %j, which is no tunnel id WHEN it is granted THEN that is refused: it would be more than one tunnel, or none', (wrong) => {
  for (const method of ['grantReadToken', 'grantSignal', 'grantConnect'] as const) {
    expect(() => granted((grantee) => rotator[method](grantee, { tunnelId: wrong }))).toThrow(
      `tunnelId must be the id of a tunnel, 1 to 128 letters, digits and -_+=:, but is '${wrong}'; leave it out for all tunnels`);
  }
});

test.each(['?', 'a/b', '', '$&', '${aws:username}', '${aws:PrincipalTag/a}b', '${aws:PrincipalTag/a}${credentials-iot:ThingName}', 'pump 7', 'x'.repeat(129), 'é', '+', '#'])('GIVEN %j, which is no name of things WHEN it is granted THEN that is refused', (wrong) => {
  for (const method of ['grantReadToken', 'grantSignal', 'grantConnect'] as const) {
    expect(() => granted((grantee) => rotator[method](grantee, { thingName: wrong }))).toThrow(
      `that names the grantee's own, \${credentials-iot:ThingName} or \${aws:PrincipalTag/...}, but is '${wrong}'`);
  }
});

test.each(['${credentials-iot:ThingName}', '${aws:PrincipalTag/thing}'])('GIVEN %s, which names the thing of whoever asks, WHEN it is granted THEN it stands in the policy', (own) => {
  expect(JSON.stringify(granted((grantee) => rotator.grantReadToken(grantee, { thingName: own })))).toContain(own);
});
