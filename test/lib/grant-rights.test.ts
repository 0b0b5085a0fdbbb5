import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordEvidence } from '../support/evidence';
import { GRANTS, heldAgainstItsUses, named, statementsOf, type Granted } from '../support/grants';
import { evidenceOf } from '../support/rights';

/** `npm run security` takes what these tests record into its tables. */
describe('every grant', () => {
  test.each(GRANTS.map((granted) => [named(granted), granted] as const))('%s lets do what it is for, and nothing beside it', (_, granted) => {
    const held = heldAgainstItsUses(granted);
    const evidence = evidenceOf(held);
    recordEvidence(evidence);
    expect(evidence.escaped).toEqual([]);
    expect(evidence.used).toEqual(evidence.rights);
    for (const call of held.calls) expect(evidenceOf({ ...held, calls: [call] }).used).not.toEqual([]);
  });

  test('is among these, and so is every option', () => {
    const source = (file: string) => readFileSync(join(__dirname, '../../lib', file), 'utf8');
    const methods = [...source('rotator-interface.ts').matchAll(/^ {2}(grant\w+)\(/gm)].map(([, method]) => method);
    const options = [...source('grant-options.ts').matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, option]) => option);
    expect(new Set(GRANTS.map(({ method }) => method))).toEqual(new Set(methods));
    expect(new Set(GRANTS.flatMap((granted) => Object.keys(granted.options)))).toEqual(new Set(options));
  });
});

describe('a grant that is too wide is found', () => {
  const wider = (granted: Granted, change: (text: string) => string) =>
    evidenceOf(heldAgainstItsUses(granted, JSON.parse(change(JSON.stringify(statementsOf(granted)))))).escaped;
  const grant = (method: string, options: object, rotator?: string) =>
    GRANTS.find((each) => each.method === method && JSON.stringify(each.options) === JSON.stringify(options) && each.rotator === rotator)!;
  const one = grant('grantConnect', { tunnelId: 'mine' });
  const things = grant('grantConnect', { thingName: 'pump-*', openTunnels: true });

  test.each<[string, Granted, (text: string) => string, RegExp]>([
    ['another tunnel\'s token', one, (text) => text.replaceAll('acme/mine', 'acme/*'), /^grantConnect\({ tunnelId: 'mine' }\): secretsmanager:GetSecretValue on .*acme\/theirs\/source/],
    ['another tunnel\'s topic', one, (text) => text.replaceAll('tunnels/mine', 'tunnels/*'), /iot:Publish on .*topic\/tunnels\/theirs\/disconnected/],
    ['another tunnel\'s state', one, (text) => text.replaceAll('tunnel/mine', 'tunnel/*'), /iot:DescribeTunnel on .*tunnel\/theirs/],
    ['another prefix', one, (text) => text.replaceAll('secret:acme/', 'secret:*/'), /secretsmanager:\w+ on .*secret:xacme/],
    ['a secret whose name begins alike', one, (text) => text.replaceAll('source-??????', 'source-*'), /source-db-AbCdEf/],
    ['another account', one, (text) => text.replaceAll('123456789012', '*'), /999999999999/],
    ['another region', one, (text) => text.replaceAll('eu-west-1', '*'), /us-east-1/],
    ['closing the tunnel', one, (text) => text.replaceAll('iot:DescribeTunnel', 'iot:*Tunnel'), /iot:CloseTunnel on/],
    ['rotating it', one, (text) => text.replaceAll('iot:DescribeTunnel', 'iot:*'), /iot:RotateTunnelAccessToken on/],
    ['another thing\'s token', things, (text) => text.replaceAll('"pump-*"', '"*"'), /GetSecretValue on .*"gate-1"/],
    ['a tunnel to another thing', things, (text) => text.replaceAll('thing/pump-*', 'thing/*'), /iot:OpenTunnel on .*thing\/gate-1/],
    ['speaking as another thing', things, (text) => text.replaceAll('tunnels/pump-*', 'tunnels/*'), /iot:Publish on .*tunnels\/gate-1\/mine/],
    ['any event', grant('grantSignal', {}), (text) => text.replaceAll('"events:detail-type"', '"events:version"').replaceAll('StringEquals', 'StringEqualsIfExists'), /events:PutEvents on .*"Source Token Rotated"/],
    ['its key, past Secrets Manager', grant('grantReadToken', {}, 'encryptionKey'), (text) => text.replaceAll('StringEquals', 'StringEqualsIfExists'), /kms:Decrypt on/],
  ])('%s', (_, granted, change, escape) => {
    expect(wider(granted, change)).toContainEqual(expect.stringMatching(escape));
  });
});
