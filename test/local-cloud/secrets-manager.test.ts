import {
  CreateSecretCommand, DeleteSecretCommand, DescribeSecretCommand, GetSecretValueCommand, ListSecretsCommand, ListSecretVersionIdsCommand,
  PutSecretValueCommand, RestoreSecretCommand, TagResourceCommand, UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { randomUUID } from 'node:crypto';
import { refusal, withCloud } from './support';

const DAY = 86_400_000;
const running = withCloud({ secretDeletionLag: 5_000 });
const secrets = () => running.clients.secrets;

const create = (Name: string, rest = {}) => secrets().send(new CreateSecretCommand({ Name, SecretString: 'first', ...rest }));
const put = (SecretId: string, SecretString: string, rest = {}) => secrets().send(new PutSecretValueCommand({ SecretId, SecretString, ...rest }));
const value = async (SecretId: string, rest = {}) => (await secrets().send(new GetSecretValueCommand({ SecretId, ...rest }))).SecretString;
const remove = (SecretId: string, rest = {}) => secrets().send(new DeleteSecretCommand({ SecretId, ...rest }));

test('a secret is found by name, by ARN and by ARN without its random end', async () => {
  const { ARN } = await create('found/by', {});
  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:123456789012:secret:found\/by-\w{6}$/);
  expect(await value('found/by')).toBe('first');
  expect(await value(ARN!)).toBe('first');
  expect(await value(ARN!.slice(0, -7))).toBe('first');
});

describe('versions and their stages', () => {
  test('a put makes the new version current and the old one previous', async () => {
    const first = await create('stages');
    const second = await put('stages', 'second');
    const third = await put('stages', 'third');
    const { VersionIdsToStages } = await secrets().send(new DescribeSecretCommand({ SecretId: 'stages' }));
    expect(VersionIdsToStages).toEqual({ [second.VersionId!]: ['AWSPREVIOUS'], [third.VersionId!]: ['AWSCURRENT'] });
    expect(await value('stages', { VersionStage: 'AWSPREVIOUS' })).toBe('second');
    expect(await value('stages', { VersionId: first.VersionId })).toBe('first');
    const { Versions } = await secrets().send(new ListSecretVersionIdsCommand({ SecretId: 'stages', IncludeDeprecated: true }));
    expect(Versions).toHaveLength(3);
  });

  test('id and stage must name the same version', async () => {
    const { VersionId } = await create('both');
    await put('both', 'second');
    expect(await refusal(value('both', { VersionId, VersionStage: 'AWSCURRENT' }))).toBe('ResourceNotFoundException');
  });

  test('a stage is moved by naming where it stands', async () => {
    const first = await create('moved');
    const second = await put('moved', 'second');
    const move = { SecretId: 'moved', VersionStage: 'AWSCURRENT', MoveToVersionId: first.VersionId };
    expect(await refusal(secrets().send(new UpdateSecretVersionStageCommand(move)))).toBe('InvalidParameterException');
    await secrets().send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: second.VersionId }));
    expect(await value('moved')).toBe('first');
    expect(await value('moved', { VersionStage: 'AWSPREVIOUS' })).toBe('second');
  });

  test('a version with a stage of its own leaves the current one alone', async () => {
    await create('staged');
    await put('staged', 'pending', { VersionStages: ['AWSPENDING'] });
    expect(await value('staged')).toBe('first');
    expect(await value('staged', { VersionStage: 'AWSPENDING' })).toBe('pending');
  });

  test('a secret without a value has nothing to read', async () => {
    await create('empty', { SecretString: undefined });
    expect(await refusal(value('empty'))).toBe('ResourceNotFoundException');
    await put('empty', 'now', { VersionStages: ['MINE'] });
    expect(await value('empty')).toBe('now'); // the first version is the current one, whatever its stages
  });
});

describe('ClientRequestToken', () => {
  test('the same token with the same value changes nothing', async () => {
    const ClientRequestToken = randomUUID();
    await create('token', { ClientRequestToken });
    await put('token', 'second');
    const repeated = await put('token', 'first', { ClientRequestToken });
    expect(repeated.VersionId).toBe(ClientRequestToken);
    expect(await value('token')).toBe('second');
  });

  test('the same token with another value is refused', async () => {
    const ClientRequestToken = randomUUID();
    await create('token-reused', { ClientRequestToken });
    expect(await refusal(put('token-reused', 'other', { ClientRequestToken }))).toBe('ResourceExistsException');
  });

  test('a create that is repeated finds what it made', async () => {
    const ClientRequestToken = randomUUID();
    const first = await create('created-twice', { ClientRequestToken });
    const again = await create('created-twice', { ClientRequestToken });
    expect(again.ARN).toBe(first.ARN);
    expect(await refusal(create('created-twice'))).toBe('ResourceExistsException');
  });

  test('it holds 32 to 64 characters', async () => {
    expect(await refusal(create('short-token', { ClientRequestToken: 'short' }))).toBe('InvalidParameterException');
  });
});

test('the 101st version within a day is refused; a day later there is room', async () => {
  await create('many');
  for (let version = 2; version <= 100; version += 1) await put('many', `v${version}`);
  expect(await refusal(put('many', 'v101'))).toBe('LimitExceededException');
  await running.cloud.advance(DAY);
  await put('many', 'v101');
  expect(await value('many')).toBe('v101');
});

describe('deletion', () => {
  test('a scheduled deletion can be taken back until its day', async () => {
    await create('scheduled');
    const { DeletionDate } = await remove('scheduled', { RecoveryWindowInDays: 7 });
    expect(DeletionDate).toBeInstanceOf(Date);
    expect(await refusal(value('scheduled'))).toBe('InvalidRequestException');
    expect(await refusal(put('scheduled', 'x'))).toBe('InvalidRequestException');
    expect(await refusal(create('scheduled'))).toBe('InvalidRequestException');
    await secrets().send(new RestoreSecretCommand({ SecretId: 'scheduled' }));
    expect(await value('scheduled')).toBe('first');

    await remove('scheduled', { RecoveryWindowInDays: 7 });
    await running.cloud.advance(7 * DAY);
    expect(await refusal(value('scheduled'))).toBe('ResourceNotFoundException');
  });

  test('a forced one is at once gone for readers, and its name free a little later', async () => {
    await create('forced');
    await remove('forced', { ForceDeleteWithoutRecovery: true });
    expect(await refusal(value('forced'))).toBe('ResourceNotFoundException');
    expect(await refusal(create('forced'))).toBe('InvalidRequestException');
    await running.cloud.advance(5_000);
    await create('forced');
    expect(await value('forced')).toBe('first');
  });

  test('by force, a missing secret is as good as deleted; otherwise it is missed', async () => {
    expect(await refusal(remove('never-was', { ForceDeleteWithoutRecovery: true }))).toBe('no error');
    expect(await refusal(remove('never-was'))).toBe('ResourceNotFoundException');
  });

  test.each([
    ['force and a window', { ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 }],
    ['a window that is too short', { RecoveryWindowInDays: 6 }],
    ['a window that is too long', { RecoveryWindowInDays: 31 }],
  ])('%s is refused', async (_, options) => {
    expect(await refusal(remove('found/by', options))).toBe('InvalidParameterException');
  });
});

test.each([
  ['a colon in the name', { Name: 'a:b' }, 'ValidationException'],
  ['a value that is too long', { Name: 'long', SecretString: 'x'.repeat(65_537) }, 'ValidationException'],
  ['text and bytes at once', { Name: 'both-kinds', SecretBinary: Buffer.from('x') }, 'InvalidParameterException'],
])('%s is refused', async (_, input, name) => {
  expect(await refusal(create('x', input))).toBe(name);
});

test.each([
  ['a version without a label', () => secrets().send(new PutSecretValueCommand({ SecretId: 'limits', SecretString: 'x', VersionStages: [] })), 'ValidationException'],
  ['a page of no secrets', () => secrets().send(new ListSecretsCommand({ MaxResults: 0 })), 'ValidationException'],
  ['a replica', () => create('replicated', { AddReplicaRegions: [{ Region: 'us-east-1' }] }), 'ValidationException'],
  ['an order', () => secrets().send(new ListSecretsCommand({ SortOrder: 'asc' })), 'ValidationException'],
])('%s is refused', async (_, call, name) => {
  await create('limits').catch(() => undefined);
  expect(await refusal(call())).toBe(name);
});

test('secrets are listed by name and tag', async () => {
  await create('listed/a', { Tags: [{ Key: 'owner', Value: 'me' }] });
  await create('listed/b');
  await secrets().send(new TagResourceCommand({ SecretId: 'listed/b', Tags: [{ Key: 'owner', Value: 'you' }] }));
  const names = async (Key: 'name' | 'tag-key' | 'tag-value', value: string) =>
    (await secrets().send(new ListSecretsCommand({ Filters: [{ Key, Values: [value] }] }))).SecretList?.map(({ Name }) => Name);
  expect(await names('name', 'listed/')).toEqual(['listed/a', 'listed/b']);
  expect(await names('tag-key', 'owner')).toEqual(['listed/a', 'listed/b']);
  expect(await names('tag-value', 'you')).toEqual(['listed/b']);
});
