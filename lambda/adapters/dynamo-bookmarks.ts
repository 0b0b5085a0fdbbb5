import { GetItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Bookmark } from '../sweeper/round';
import type { Bookmarks } from '../sweeper/sweep';
import { awsCall } from './aws-call';
import { BOOKMARK } from './dynamo-ledger';

/** The place of the sweep, in a row of the ledger that is no tunnel's. */
export class DynamoBookmarks implements Bookmarks {
  constructor(private readonly client: DynamoDBClient, private readonly table: string) {}

  /** A row that nobody can read any more is as good as none: the round begins anew. */
  async read(): Promise<Bookmark | undefined> {
    const { Item } = await awsCall('DynamoDB.GetItem', () => this.client.send(new GetItemCommand({ TableName: this.table, Key: marshall(BOOKMARK) })));
    const { bookmark } = Item ? unmarshall(Item) : {};
    try {
      return typeof bookmark === 'string' ? JSON.parse(bookmark) as Bookmark : undefined;
    } catch {
      return undefined;
    }
  }

  async write(bookmark: Bookmark): Promise<void> {
    await awsCall('DynamoDB.PutItem', () => this.client.send(new PutItemCommand({
      TableName: this.table, Item: marshall({ ...BOOKMARK, bookmark: JSON.stringify(bookmark) }),
    })));
  }
}
