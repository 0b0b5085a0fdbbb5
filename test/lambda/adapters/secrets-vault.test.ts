import {
  CreateSecretCommand, DeleteSecretCommand, DescribeSecretCommand, InvalidRequestException, PutSecretValueCommand, ResourceExistsException, ResourceNotFoundException,
  RestoreSecretCommand, SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { SecretsVault } from '../../../lambda/adapters/secrets-vault';
import { Confidential } from '../../../lib/confidential';

const api = mockClient(SecretsManagerClient);
const vault = new SecretsVault(new SecretsManagerClient({ region: 'eu-west-1' }), { prefix: 'tunnels', region: 'eu-west-1', stackName: 'Stack' });
beforeEach(() => api.reset());

const answer = { message: 'no', $metadata: { httpStatusCode: 400 } };
const accessDenied = Object.assign(new Error('no'), { name: 'AccessDeniedException', ...answer });
const markedForDeletion = new InvalidRequestException({ message: 'no', $metadata: { httpStatusCode: 400 } });
const missing = new ResourceNotFoundException(answer);
const parcel = {
  token: new Confidential('LOCALCAT-1'), proof: new Confidential('LOCALCAT-proof-1'), tunnelId: 'a:b', services: ['SSH'], thingName: 'device-1', generation: 2, expiresAt: Date.UTC(2026, 0, 1),
};
const inputsOf = (command: typeof PutSecretValueCommand | typeof CreateSecretCommand) =>
  api.commandCalls(command as typeof PutSecretValueCommand).map((call) => call.args[0].input as unknown as Record<string, unknown>);

describe('the vault', () => {
  it('GIVEN a secret that was seen to be missing THEN it is created without asking first', async () => {
    api.on(CreateSecretCommand).resolves({});
    await vault.deliver(parcel, 'version-1', false);
    expect([inputsOf(CreateSecretCommand).length, inputsOf(PutSecretValueCommand).length]).toEqual([1, 0]);
  });

  it('GIVEN a secret that came into being since it was seen to be missing THEN the token goes in', async () => {
    api.on(CreateSecretCommand).rejects(new ResourceExistsException(answer)).on(PutSecretValueCommand).resolves({});
    await vault.deliver(parcel, 'version-1', false);
    expect(inputsOf(PutSecretValueCommand)).toHaveLength(1);
  });

  describe('WHEN it is asked what lies there', () => {
    const stages = { 'version-1': ['AWSPREVIOUS'], 'version-2': ['AWSCURRENT', 'AWSPENDING'] };
    it('THEN it names the versions, the current one and the time of the last change', async () => {
      api.on(DescribeSecretCommand).resolves({ VersionIdsToStages: stages, LastChangedDate: new Date(5_000) });
      expect(await vault.inspect('a:b')).toEqual({ current: 'version-2', versions: ['version-1', 'version-2'], changedAt: 5_000 });
      expect(api.commandCalls(DescribeSecretCommand)[0].args[0].input).toEqual({ SecretId: 'tunnels/a.b/source' });
    });
    it('THEN nobody can read a secret that is about to be deleted', async () => {
      api.on(DescribeSecretCommand).resolves({ VersionIdsToStages: stages, DeletedDate: new Date(9_000) });
      expect(await vault.inspect('a:b')).toMatchObject({ current: undefined, versions: ['version-1', 'version-2'] });
    });
    it.each([['not found', missing], ['access denied, as AWS may say of one that is not there', accessDenied]])('THEN %s means that nothing does', async (_, error) => {
      api.on(DescribeSecretCommand).rejects(error);
      expect(await vault.inspect('a:b')).toEqual({ versions: [] });
    });
  });

  it('GIVEN a secret THEN the token goes in under the version given, with all that a source needs', async () => {
    api.on(PutSecretValueCommand).resolves({});
    await vault.deliver(parcel, 'version-1', true);
    const [{ SecretId, ClientRequestToken, SecretString }] = inputsOf(PutSecretValueCommand);
    expect({ SecretId, ClientRequestToken }).toEqual({ SecretId: 'tunnels/a.b/source', ClientRequestToken: 'version-1' });
    const { token, proof, ...rest } = JSON.parse(String(SecretString));
    expect([token === 'LOCALCAT-1', proof === 'LOCALCAT-proof-1']).toEqual([true, true]);
    expect(rest).toEqual({
      schemaVersion: 1, clientMode: 'SOURCE', tunnelId: 'a:b', region: 'eu-west-1', services: ['SSH'], generation: 2, expiresAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it('GIVEN no secret yet THEN it is created, tagged with tunnel, thing and stack', async () => {
    api.on(PutSecretValueCommand).rejects(missing).on(CreateSecretCommand).resolves({});
    await vault.deliver(parcel, 'version-1', true);
    expect(inputsOf(CreateSecretCommand)[0]).toMatchObject({
      Name: 'tunnels/a.b/source', ClientRequestToken: 'version-1',
      Tags: [
        { Key: 'tunnel-token-rotator:tunnel', Value: 'a:b' }, { Key: 'tunnel-token-rotator:stack', Value: 'Stack' },
        { Key: 'tunnel-token-rotator:thing', Value: 'device-1' },
      ],
    });
  });

  it.each([undefined, 'arn:aws:kms:eu-west-1:123456789012:key/k'])('GIVEN the key %s THEN a new secret gets it', async (keyArn) => {
    api.on(PutSecretValueCommand).rejects(missing).on(CreateSecretCommand).resolves({});
    const settings = { prefix: 'tunnels', region: 'eu-west-1', stackName: 'Stack', keyArn };
    await new SecretsVault(new SecretsManagerClient({ region: 'eu-west-1' }), settings).deliver(parcel, 'version-1', true);
    expect(inputsOf(CreateSecretCommand)[0].KmsKeyId).toBe(keyArn);
  });

  it('GIVEN no secret yet, and AWS says access denied of a secret that is not there THEN it is created as well', async () => {
    api.on(PutSecretValueCommand).rejects(accessDenied).on(CreateSecretCommand).resolves({});
    await vault.deliver(parcel, 'version-1', true);
    expect(inputsOf(CreateSecretCommand)).toHaveLength(1);
  });

  it('GIVEN access really is denied THEN it is denied', async () => {
    api.on(PutSecretValueCommand).rejects(accessDenied).on(CreateSecretCommand).rejects(accessDenied);
    await expect(vault.deliver(parcel, 'version-1', true)).rejects.toMatchObject({ kind: 'access-denied', withoutEffect: true });
  });

  it('GIVEN a secret that came into being since THEN the token goes into it', async () => {
    api.on(PutSecretValueCommand).rejectsOnce(missing).resolves({})
      .on(CreateSecretCommand).rejects(new ResourceExistsException(answer));
    await vault.deliver(parcel, 'version-1', true);
    expect(inputsOf(PutSecretValueCommand)).toHaveLength(2);
  });

  it('GIVEN somebody scheduled its deletion THEN it is restored', async () => {
    api.on(PutSecretValueCommand).rejectsOnce(markedForDeletion).resolves({}).on(RestoreSecretCommand).resolves({}).on(DescribeSecretCommand).resolves({});
    await vault.deliver(parcel, 'version-1', true);
    expect(api.commandCalls(RestoreSecretCommand)[0].args[0].input).toEqual({ SecretId: 'tunnels/a.b/source' });
    expect(inputsOf(PutSecretValueCommand)).toHaveLength(2);
  });

  it('GIVEN its name is still busy with a deletion THEN another try is worth it', async () => {
    api.on(PutSecretValueCommand).rejects(missing).on(CreateSecretCommand).rejects(markedForDeletion);
    await expect(vault.deliver(parcel, 'version-1', true)).rejects.toMatchObject({ kind: 'unavailable', withoutEffect: true });
  });

  it('GIVEN another refusal THEN it is passed on', async () => {
    api.on(PutSecretValueCommand).rejects(Object.assign(new Error('no'), { name: 'LimitExceededException', ...answer }));
    await expect(vault.deliver(parcel, 'version-1', true)).rejects.toMatchObject({ code: 'LimitExceededException', withoutEffect: true });
  });

  it('WHEN it destroys THEN at once and without recovery, and a secret that is gone is fine', async () => {
    api.on(DeleteSecretCommand).rejects(missing);
    await vault.destroy('a:b');
    expect(api.commandCalls(DeleteSecretCommand)[0].args[0].input).toEqual({ SecretId: 'tunnels/a.b/source', ForceDeleteWithoutRecovery: true });
  });

  describe('GIVEN a secret whose key is not the one that new secrets get', () => {
    const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/current';
    const FORMER = 'arn:aws:kms:eu-west-1:123456789012:key/former';
    const exists = new ResourceExistsException(answer);
    const refusal = (name: string) => Object.assign(new Error('no'), { name, ...answer });
    const vaultWith = (keyArn?: string) => new SecretsVault(new SecretsManagerClient({ region: 'eu-west-1' }), { prefix: 'tunnels', region: 'eu-west-1', stackName: 'Stack', keyArn });
    const calls = () => api.calls().map(({ args: [command] }) => command.constructor.name.replace('Command', ''));
    const TOLD = ['PutSecretValue', 'CreateSecret', 'PutSecretValue', 'DescribeSecret'];
    beforeEach(() => api.on(DeleteSecretCommand).resolves({}));

    it.each([
      ['AccessDeniedException', KEY, FORMER], ['DecryptionFailure', KEY, FORMER], ['EncryptionFailure', KEY, FORMER], ['KMSInvalidStateException', KEY, FORMER],
      ['AccessDeniedException', undefined, FORMER], ['AccessDeniedException', KEY, undefined], ['AccessDeniedException', KEY, 'former'],
    ])('WHEN to put is refused with %s THEN it is deleted and created anew with %s instead of %s', async (code, keyArn, KmsKeyId) => {
      api.on(PutSecretValueCommand).rejects(refusal(code)).on(CreateSecretCommand).rejectsOnce(exists).resolves({}).on(DescribeSecretCommand).resolves({ KmsKeyId });
      await vaultWith(keyArn).deliver(parcel, 'version-1', true);
      expect(calls()).toEqual([...TOLD, 'DeleteSecret', 'CreateSecret']);
      expect(api.commandCalls(DeleteSecretCommand)[0].args[0].input).toEqual({ SecretId: 'tunnels/a.b/source', ForceDeleteWithoutRecovery: true });
      expect(inputsOf(CreateSecretCommand)[1]).toMatchObject({ Name: 'tunnels/a.b/source', ClientRequestToken: 'version-1', KmsKeyId: keyArn });
    });

    it('WHEN it came into being since we looked THEN the same', async () => {
      api.on(PutSecretValueCommand).rejects(accessDenied).on(CreateSecretCommand).rejectsOnce(exists).resolves({}).on(DescribeSecretCommand).resolves({ KmsKeyId: FORMER });
      await vaultWith(KEY).deliver(parcel, 'version-1', false);
      expect(calls()).toEqual([...TOLD.slice(1), 'DeleteSecret', 'CreateSecret']);
    });

    it.each([['still on its way out', markedForDeletion], ['still there', exists]])('WHEN its name is %s THEN another try is worth it', async (_, busy) => {
      api.on(PutSecretValueCommand).rejects(accessDenied).on(CreateSecretCommand).rejectsOnce(exists).rejects(busy).on(DescribeSecretCommand).resolves({ KmsKeyId: FORMER });
      await expect(vaultWith(KEY).deliver(parcel, 'version-1', true)).rejects.toMatchObject({ kind: 'unavailable', withoutEffect: true });
    });

    it('WHEN that other try finds it still on its way out THEN it is not restored', async () => {
      api.on(PutSecretValueCommand).rejects(markedForDeletion).on(CreateSecretCommand).resolves({}).on(DescribeSecretCommand).resolves({ KmsKeyId: FORMER });
      await vaultWith(KEY).deliver(parcel, 'version-1', true);
      expect(calls()).toEqual(['PutSecretValue', 'DescribeSecret', 'DeleteSecret', 'CreateSecret']);
    });

    it('WHEN a token can be put THEN it stays', async () => {
      api.on(PutSecretValueCommand).resolves({});
      await vaultWith(KEY).deliver(parcel, 'version-1', true);
      expect(calls()).toEqual(['PutSecretValue']);
    });
  });

  it.each([
    ['its key is the same', 'arn:aws:kms:eu-west-1:123456789012:key/k'], ['its key is the same, by its id', 'k'],
  ])('GIVEN to put is refused WHEN %s THEN nothing is deleted', async (_, KmsKeyId) => {
    api.on(PutSecretValueCommand).rejects(accessDenied).on(CreateSecretCommand).rejects(new ResourceExistsException(answer)).on(DescribeSecretCommand).resolves({ KmsKeyId });
    const settings = { prefix: 'tunnels', region: 'eu-west-1', stackName: 'Stack', keyArn: 'arn:aws:kms:eu-west-1:123456789012:key/k' };
    await expect(new SecretsVault(new SecretsManagerClient({ region: 'eu-west-1' }), settings).deliver(parcel, 'version-1', true))
      .rejects.toMatchObject({ call: 'SecretsManager.PutSecretValue', kind: 'access-denied' });
    expect(api.commandCalls(DeleteSecretCommand)).toHaveLength(0);
  });

  it('GIVEN to create is refused as well THEN nothing is deleted, whatever its key', async () => {
    api.on(PutSecretValueCommand).rejects(accessDenied).on(CreateSecretCommand).rejects(accessDenied).on(DescribeSecretCommand).resolves({ KmsKeyId: 'former' });
    await expect(vault.deliver(parcel, 'version-1', true)).rejects.toMatchObject({ call: 'SecretsManager.CreateSecret', kind: 'access-denied' });
    expect(api.commandCalls(DeleteSecretCommand)).toHaveLength(0);
  });
});
