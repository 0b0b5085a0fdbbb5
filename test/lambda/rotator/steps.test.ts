import { DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeTunnelCommand, IoTSecureTunnelingClient, RotateTunnelAccessTokenCommand, type ConnectionState } from '@aws-sdk/client-iotsecuretunneling';
import { CreateSecretCommand, DescribeSecretCommand, PutSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { marshall } from '@aws-sdk/util-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { setImmediate } from 'node:timers/promises';
import { AwsTunnels } from '../../../lambda/adapters/aws-tunnels';
import { DynamoLedger } from '../../../lambda/adapters/dynamo-ledger';
import { SecretsVault } from '../../../lambda/adapters/secrets-vault';
import type { Signal } from '../../../lambda/domain/vocabulary';
import { hashOf } from '../../../lambda/proof';
import { Rechecks } from '../../../lambda/rotator/rechecks';
import { recover } from '../../../lambda/rotator/recovery';
import { invocation, ManualClock, MemoryAnnouncer, MemoryCourier, MemorySignals, MemoryWitness } from '../../support/fakes';
import { liveProof, SECOND } from './dropped';

const region = 'eu-west-1';
const clients = [mockClient(IoTSecureTunnelingClient), mockClient(DynamoDBClient), mockClient(SecretsManagerClient)] as const;
const clock = new ManualClock();
const row = { generation: 1, versionId: 'v', proofHash: hashOf(liveProof), fence: clock.now() - 600 * SECOND, deliveredAt: clock.now() - 600 * SECOND };

/** AWS with one tunnel. No call is answered before everything that could be called beside it was called: those are one step. */
class SteppedAws {
  readonly steps: string[][] = [];
  private readonly waiting: (() => void)[] = [];
  private step: string[] = [];

  constructor(source: ConnectionState, isKnown: boolean) {
    const [tunneling, dynamo, secrets] = clients;
    for (const client of clients) client.reset();
    const rows = isKnown ? [marshall({ tunnelId: 't', side: 'source', ...row })] : [];
    tunneling.on(DescribeTunnelCommand).callsFake(() => this.answer('DescribeTunnel', {
      tunnel: { tunnelId: 't', status: 'OPEN', createdAt: new Date(clock.now() - 3_600 * SECOND), sourceConnectionState: source },
    }));
    tunneling.on(RotateTunnelAccessTokenCommand).callsFake(() => this.answer('Rotate', { sourceAccessToken: 'LOCALCAT-2' }));
    dynamo.on(QueryCommand).callsFake(() => this.answer('Query', { Items: rows }));
    dynamo.on(UpdateItemCommand).callsFake(() => this.answer('UpdateItem', { Attributes: rows[0] }));
    secrets.on(DescribeSecretCommand).callsFake(async () => {
      await this.answer('DescribeSecret', {});
      if (!isKnown) throw new ResourceNotFoundException({ message: 'none', $metadata: { httpStatusCode: 400 } });
      return { VersionIdsToStages: { v: ['AWSCURRENT'] }, LastChangedDate: new Date(row.deliveredAt) };
    });
    secrets.on(PutSecretValueCommand).callsFake(() => this.answer('PutSecretValue', {}));
    secrets.on(CreateSecretCommand).callsFake(() => this.answer('CreateSecret', {}));
  }

  /** Step by step, until the token can be read. */
  async untilDelivered(): Promise<void> {
    while (!this.steps.at(-1)?.some((call) => call.endsWith('Value') || call.startsWith('Create'))) {
      await setImmediate();
      if (this.step.length === 0) throw new Error(`nothing more is called after ${JSON.stringify(this.steps)}`);
      this.steps.push(this.step.sort());
      this.step = [];
      for (const resume of this.waiting.splice(0)) resume();
    }
  }

  private async answer<T>(call: string, value: T): Promise<T> {
    this.step.push(call);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return value;
  }
}

const LOOK = ['DescribeSecret', 'DescribeTunnel', 'Query'];
const LOOK_AND_CLAIM = [...LOOK, 'UpdateItem'];
const CLAIM_AND_LOOK = ['DescribeTunnel', 'UpdateItem'];
const connected = { status: 'CONNECTED', lastUpdatedAt: new Date(clock.now() - 60 * SECOND) } as const;
const droppedAWhileAgo = { status: 'DISCONNECTED', lastUpdatedAt: new Date(clock.now() - 60 * SECOND) } as const;

/** A step more is a call's time more, for everybody: docs/decisions/015. */
describe('the calls that wait for each other until the token can be read', () => {
  it.each<[string, number, { signal: Partial<Signal>; source: ConnectionState; isKnown: boolean }, string[][]]>([
    ['a proof', 3, { signal: { proof: liveProof }, source: connected, isKnown: true }, [LOOK_AND_CLAIM, ['Rotate'], ['PutSecretValue']]],
    ['a hint', 4, { signal: {}, source: droppedAWhileAgo, isKnown: true }, [LOOK, CLAIM_AND_LOOK, ['Rotate'], ['PutSecretValue']]],
    ['the first token', 4, { signal: {}, source: droppedAWhileAgo, isKnown: false }, [LOOK, CLAIM_AND_LOOK, ['Rotate'], ['CreateSecret']]],
    ['the first token, asked for', 4, { signal: { kind: 'token-request', via: 'eventbridge' }, source: { status: 'DISCONNECTED' }, isKnown: false },
      [LOOK, CLAIM_AND_LOOK, ['Rotate'], ['CreateSecret']]],
    // One that waited in the queue may have been answered meanwhile: a read of the row tells, and spares a blip's repetitions the quota.
    ['a proof that waited in the queue', 4, { signal: { proof: liveProof, since: clock.now() - 3 * SECOND }, source: connected, isKnown: true },
      [['Query'], LOOK_AND_CLAIM, ['Rotate'], ['PutSecretValue']]],
  ])('GIVEN %s THEN there are %d, and these', async (_, count, { signal, source, isKnown }, steps) => {
    const aws = new SteppedAws(source, isKnown);
    const settings = { prefix: 'prefix', region, stackName: 'stack' };
    const ports = {
      tunnels: new AwsTunnels(new IoTSecureTunnelingClient({ region })), ledger: new DynamoLedger(new DynamoDBClient({ region }), 'ledger'),
      vault: new SecretsVault(new SecretsManagerClient({ region }), settings),
      courier: new MemoryCourier(), signals: new MemorySignals(), announcer: new MemoryAnnouncer(), witness: new MemoryWitness(), clock, rechecks: new Rechecks(),
    };
    void recover({ tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', since: clock.now(), attempt: 0, ...signal }, ports, invocation(clock));
    await aws.untilDelivered();
    expect(aws.steps).toEqual(steps);
    expect(aws.steps).toHaveLength(count);
  });
});
