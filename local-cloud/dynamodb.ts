import { request, Agent, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isRecord } from './inputs';
import type { Place } from './place';
import { AwsError, type Call, type Need, type Service } from './service';

export interface DynamoDb {
  readonly service: Service;
  tableArn(name: string): string;
  /** Runs one action directly, for the deployer. */
  send(action: string, input: object): Promise<Record<string, unknown>>;
  /** Makes a table and waits until it can be used; a table of that name is left as it is. */
  createTable(input: object & { readonly TableName: string }): Promise<void>;
  /** All tables with all items. */
  dump(): Promise<TableState[]>;
  load(tables: readonly TableState[]): Promise<void>;
  close(): Promise<void>;
}

/** A table as JSON can hold it. */
export interface TableState {
  readonly create: object & { readonly TableName: string };
  readonly items: readonly object[];
}

/** What dynalite does; anything else is answered as unknown. */
const ACTIONS = [
  'BatchGetItem', 'BatchWriteItem', 'CreateTable', 'DeleteItem', 'DeleteTable', 'DescribeTable', 'DescribeTimeToLive', 'GetItem', 'ListTables',
  'PutItem', 'Query', 'Scan', 'TagResource', 'UntagResource', 'ListTagsOfResource', 'UpdateItem', 'UpdateTable',
];

/**
 * Amazon DynamoDB by dynalite, in this process. Requests go to it over its own loopback port, so that what it validates
 * and locks is what it was tested with. Items past their TTL stay: AWS promises no more than "within a few days".
 */
export async function startDynamoDb(place: Place): Promise<DynamoDb> {
  const tableArn = (name: string) => place.arn('dynamodb', `table/${name}`);
  const { default: dynalite } = await import('dynalite') as { default: (options: object) => Server };
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  // Else a connection that it closes for idleness may be the one that the next request is on its way through.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const hashKeys = new Map<string, string | undefined>();

  const send = async (action: string, input: object) => {
    if (action === 'CreateTable') hashKeys.set(String((input as Record<string, unknown>).TableName), hashKeyOf(input as Record<string, unknown>));
    const { status, body } = await post(agent, port, action, JSON.stringify(input));
    const parsed = JSON.parse(body || '{}') as Record<string, unknown>;
    if (status === 200) return parsed;
    const { __type = 'InternalServerError', message, Message, ...detail } = parsed;
    // dynalite keeps the namespace before the `#`; SDKs cut it off as well.
    throw new AwsError(String(__type).replace(/^.*#/, ''), String(message ?? Message ?? ''), status, detail);
  };

  const createTable: DynamoDb['createTable'] = async (input) => {
    const { TableNames } = await send('ListTables', {});
    if ((TableNames as string[]).includes(input.TableName)) return;
    await send('CreateTable', input);
    for (;;) {
      const { Table } = await send('DescribeTable', { TableName: input.TableName });
      if ((Table as { TableStatus: string }).TableStatus === 'ACTIVE') return;
    }
  };

  return {
    service: {
      name: 'dynamodb',
      target: 'DynamoDB_20120810',
      contentType: 'application/x-amz-json-1.0',
      actions: Object.fromEntries(ACTIONS.map((action) => [action, (call: Call) => send(action, call.input)])),
      needs: (call) => needs(call, tableArn, hashKeys),
    },
    tableArn, send, createTable,
    async dump() {
      const { TableNames } = await send('ListTables', {});
      return Promise.all((TableNames as string[]).map(async (TableName) => {
        const [{ Table }, { Items }] = await Promise.all([send('DescribeTable', { TableName }), send('Scan', { TableName, ConsistentRead: true })]);
        return { create: creationOf(Table as Record<string, unknown>), items: Items as object[] };
      }));
    },
    async load(tables) {
      for (const { create, items } of tables) {
        await createTable(create);
        for (const Item of items) await send('PutItem', { TableName: create.TableName, Item });
      }
    },
    close: () => new Promise((resolve) => {
      agent.destroy();
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** What CreateTable must be told to make this table again. */
function creationOf(table: Record<string, unknown>): TableState['create'] {
  const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes } = table;
  const shape = (indexes: unknown) => (indexes as { IndexName: string; KeySchema: object; Projection: object }[] | undefined)
    ?.map(({ IndexName, KeySchema: keys, Projection }) => ({ IndexName, KeySchema: keys, Projection }));
  return {
    TableName: String(TableName), KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST',
    ...(GlobalSecondaryIndexes !== undefined && { GlobalSecondaryIndexes: shape(GlobalSecondaryIndexes) }),
    ...(LocalSecondaryIndexes !== undefined && { LocalSecondaryIndexes: shape(LocalSecondaryIndexes) }),
  } as TableState['create'];
}

function needs({ action, input }: Call, tableArn: (name: string) => string, hashKeys: ReadonlyMap<string, string | undefined>): Need[] {
  const tables = isRecord(input.RequestItems) ? Object.keys(input.RequestItems) : [input.TableName].filter((name) => name !== undefined).map(String);
  const index = input.IndexName === undefined ? '' : `/index/${String(input.IndexName)}`;
  const resources = tables.map((table) => (table.startsWith('arn:') ? table : tableArn(table)) + index);
  const context = leadingKeys(input, hashKeys.get(String(input.TableName).replace(/^arn:.*table\//, '')));
  return (resources.length > 0 ? resources : ['*']).map((resource) => ({ action: `dynamodb:${action}`, resource, context }));
}

/**
 * The partition keys that a call names, by the name that they have in its table. A Query names its key in an expression, and gets none here:
 * who wants to restrict queries so is denied.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html#amazondynamodb-policy-keys
 */
function leadingKeys({ Key, Item }: Record<string, unknown>, hashKey: string | undefined): Need['context'] {
  const item = isRecord(Key) ? Key : Item;
  const value = hashKey !== undefined && isRecord(item) ? item[hashKey] : undefined;
  return isRecord(value) && typeof value.S === 'string' ? { 'dynamodb:LeadingKeys': [value.S] } : undefined;
}

/** Name of the partition key of the table that CreateTable is told to make. */
function hashKeyOf({ KeySchema }: Record<string, unknown>): string | undefined {
  const keys = Array.isArray(KeySchema) ? KeySchema as { AttributeName?: string; KeyType?: string }[] : [];
  return keys.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
}

function post(agent: Agent, port: number, action: string, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent, port, host: '127.0.0.1', method: 'POST', path: '/',
      headers: {
        host: 'dynamodb.local',
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        'x-amz-target': `DynamoDB_20120810.${action}`,
        // dynalite wants to see a signature, and doesn't look at it.
        authorization: 'AWS4-HMAC-SHA256 Credential=local/20250101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-date': '20250101T000000Z',
      },
    }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
