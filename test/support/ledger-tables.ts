import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { DynamoLedger } from '../../lambda/adapters/dynamo-ledger';

/** Tables as the rotator's ledger has them, in a DynamoDB of this process. */
export class LedgerTables {
  private constructor(private readonly server: ReturnType<typeof dynalite>, readonly client: DynamoDBClient) {}

  static async begin(): Promise<LedgerTables> {
    const server = dynalite({ createTableMs: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new LedgerTables(server, new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    }));
  }

  /** A ledger over a new table of this name. */
  async create(table: string): Promise<DynamoLedger> {
    await this.client.send(new CreateTableCommand({
      TableName: table, BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'tunnelId', KeyType: 'HASH' }, { AttributeName: 'side', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'tunnelId', AttributeType: 'S' }, { AttributeName: 'side', AttributeType: 'S' }],
    }));
    // Even this table takes a turn of the event loop until it is there.
    while ((await this.client.send(new DescribeTableCommand({ TableName: table }))).Table?.TableStatus !== 'ACTIVE');
    return new DynamoLedger(this.client, table);
  }

  async end(): Promise<void> {
    this.client.destroy();
    await new Promise<unknown>((resolve) => this.server.close(resolve));
  }
}
