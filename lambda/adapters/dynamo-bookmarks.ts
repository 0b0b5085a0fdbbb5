import { GetItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
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
    try {
      const value: unknown = JSON.parse(Item?.bookmark?.S ?? 'null');
      return isBookmark(value) ? value : undefined;
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

function isBookmark(value: unknown): value is Bookmark {
  if (typeof value !== 'object' || value === null) return false;
  const { stage, page, pages, looked, looks, marks, former } = value as Record<string, unknown>;
  return (stage === 'tunnels' || stage === 'rows') && (page === undefined || typeof page === 'string') && isCount(pages) && isCount(looks)
    && Array.isArray(looked) && looked.every((each) => typeof each === 'string') && [marks, former].every(areMarks);
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const areMarks = (value: unknown) => Array.isArray(value)
  && value.every((mark) => Array.isArray(mark) && mark.length === 2 && mark.every((part) => Number.isFinite(part)));
