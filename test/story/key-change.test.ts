import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { synthesizeRotator } from '../support/assembly';
import { recovered } from '../support/stories';
import { World } from '../support/world';

/** The local cloud has no KMS: it judges the roles' rights to a key, and a refusal is AccessDeniedException, as Secrets Manager's is. A key's state has no effect. */
const FORMER = 'arn:aws:kms:eu-west-1:123456789012:key/former';
const CURRENT = 'arn:aws:kms:eu-west-1:123456789012:key/current';
const assemblyWith = (keyArn?: string) =>
  synthesizeRotator(keyArn === undefined ? {} : { encryptionKey: Key.fromKeyArn(new Stack(new App(), 'Keys'), 'Key', keyArn) });

let world: World;
/** The roles change on the way, so that no evidence of their rights is kept. */
afterEach(async () => {
  const leaks = await world.leaks.find();
  await world.end();
  expect(leaks).toEqual([]);
});

describe.each([['another', CURRENT], ['none', undefined]])('GIVEN a tunnel that came back WHEN its rotator gets %s instead of its key', (_, keyArn) => {
  it('THEN it comes back after the next drop, with no right to the former key, as soon as its secret\'s name is free', async () => {
    world = await World.begin(assemblyWith(FORMER), { secretDeletionLag: 10_000 });
    const tunnel = await recovered(world);
    const key = async () => (await world.secrets.send(new DescribeSecretCommand({ SecretId: tunnel.secretName }))).KmsKeyId;
    expect(await key()).toBe(FORMER);

    await world.cloud.deploy(assemblyWith(keyArn));
    await tunnel.drop();
    await tunnel.signal({ proof: tunnel.proof });
    await world.advance(31_000);
    await tunnel.reconnect();

    expect(await tunnel.works()).toBe(true);
    expect(await key()).toBe(keyArn);
    expect([...new Set(world.cloud.calls.denied.map(({ action }) => action))]).toEqual(['PutSecretValue']);
  });
});
