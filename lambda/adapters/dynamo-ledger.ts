import {
  DeleteItemCommand, QueryCommand, ScanCommand, UpdateItemCommand, paginateScan, type AttributeValue, type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { DependencyError } from '../domain/errors';
import type { ClaimedRow, Delivery, Ledger, LedgerPages, LedgerScan, Page } from '../domain/ports';
import type { Claim, Histories, History, Refusal, Side } from '../domain/vocabulary';
import { SWEEP_BOOKMARK_KEY } from '../../lib/runtime-contract';
import { awsCall, refusedWith } from './aws-call';

/** Key of the row in which the sweeper keeps its place: no tunnel id has a `#`. */
export const BOOKMARK = { tunnelId: SWEEP_BOOKMARK_KEY, side: 'bookmark' };
const ROWS_A_PAGE = 500;

/** Written to every row, so that a later version can tell what it reads. */
const SCHEMA_VERSION = 1;
/** What a row calls `expiresAt` is a day after its tunnel's end. The table has no TTL: without its row a secret would be found by nobody. */
const EXPIRY_GRACE = 24 * 3_600_000;

/** What a row that is written anew no longer says, unless it is said again. */
const NOTHING = {
  fence: undefined, versionId: undefined, proofHash: undefined, formerProofs: undefined, deliveredAt: undefined, budget: undefined, requests: undefined,
  refusal: undefined,
};

/**
 * The ledger in DynamoDB. Every write is a compare-and-swap on the generation and the claim that the decision saw, and each
 * condition also accepts its own effect: a write whose answer was lost and that the SDK repeats still counts as done.
 */
export class DynamoLedger implements Ledger, LedgerScan, LedgerPages {
  constructor(private readonly client: DynamoDBClient, private readonly table: string) {}

  async read(tunnelId: string): Promise<Histories> {
    const { Items = [] } = await awsCall('DynamoDB.Query', () => this.client.send(new QueryCommand({
      TableName: this.table,
      KeyConditionExpression: 'tunnelId = :tunnelId',
      ExpressionAttributeValues: marshall({ ':tunnelId': tunnelId }),
      ConsistentRead: true,
    })));
    return Object.fromEntries(Items.map(readable).map((row) => [row.side as Side, historyOf(row)]));
  }

  async *rows() {
    const pages = paginateScan({ client: this.client }, { TableName: this.table, ConsistentRead: true, ProjectionExpression: 'tunnelId, side' });
    for (;;) {
      const page = await awsCall('DynamoDB.Scan', () => pages.next());
      if (page.done) return;
      for (const item of page.value.Items ?? []) {
        const row = unmarshall(item);
        if (row.side !== BOOKMARK.side) yield { tunnelId: String(row.tunnelId), side: row.side as Side };
      }
    }
  }

  async rowTunnels(from?: string): Promise<Page<string>> {
    const { Items = [], LastEvaluatedKey: last } = await awsCall('DynamoDB.Scan', () => this.client.send(new ScanCommand({
      TableName: this.table, ConsistentRead: true, ProjectionExpression: 'tunnelId, side', Limit: ROWS_A_PAGE,
      ExclusiveStartKey: from === undefined ? undefined : marshall(JSON.parse(from)),
    })));
    const rows = Items.map((item) => unmarshall(item)).filter(({ side }) => side !== BOOKMARK.side);
    return { items: [...new Set(rows.map(({ tunnelId }) => String(tunnelId)))], next: last && JSON.stringify(unmarshall(last)) };
  }

  claim(tunnelId: string, side: Side, seen: History | undefined, { claim, ...row }: ClaimedRow, expiresAt: number): Promise<boolean> {
    const asSeen = seen
      ? `#generation = :seen AND ${seen.claim ? '#claim.#versionId = :seenClaim' : 'attribute_not_exists(#claim)'}`
      : 'attribute_not_exists(#generation)';
    return this.update(tunnelId, side, {
      set: { ...NOTHING, ...row, claim, schemaVersion: SCHEMA_VERSION, expiresAt: Math.ceil((expiresAt + EXPIRY_GRACE) / 1000) },
      condition: `(${asSeen}) OR #claim.#versionId = :ours`,
      values: { ':ours': claim.versionId, ':seen': seen?.generation, ':seenClaim': seen?.claim?.versionId },
    });
  }

  async claimByProof(tunnelId: string, side: Side, proofHash: string, claim: Claim): Promise<History | undefined> {
    const before = await this.updateAndTell(tunnelId, side, {
      set: { claim },
      condition: '(#proofHash = :proofHash AND attribute_not_exists(#claim)) OR #claim.#versionId = :ours',
      values: { ':proofHash': proofHash, ':ours': claim.versionId },
    });
    // Told by our own repetition, it would hold our own claim.
    return before && { ...historyOf(before), claim: undefined };
  }

  async release(tunnelId: string, side: Side, claim: Claim, refusal?: Refusal): Promise<void> {
    await this.update(tunnelId, side, {
      set: { claim: undefined, ...(refusal && { refusal }) },
      condition: '#claim.#versionId = :ours',
      values: { ':ours': claim.versionId },
    });
  }

  commit(tunnelId: string, side: Side, { versionId, proofHash }: Claim, delivery: Delivery): Promise<boolean> {
    const { generation, fence, deliveredAt, budget, requests, formerProofs } = delivery;
    return this.update(tunnelId, side, {
      set: {
        generation, fence, deliveredAt, versionId, proofHash, formerProofs, budget, ...(requests && { requests }), claim: undefined, refusal: undefined,
      },
      // The second half is our own commit, repeated: but not if somebody has claimed since, whose claim we would erase.
      condition: '#claim.#versionId = :ours OR (#versionId = :ours AND attribute_not_exists(#claim))',
      values: { ':ours': versionId },
    });
  }

  async remove(tunnelId: string, side: Side, claim: Claim): Promise<void> {
    await conditional(() => awsCall('DynamoDB.DeleteItem', () => this.client.send(new DeleteItemCommand({
      TableName: this.table,
      Key: marshall({ tunnelId, side }),
      ConditionExpression: '#claim.#versionId = :ours',
      ExpressionAttributeNames: { '#claim': 'claim', '#versionId': 'versionId' },
      ExpressionAttributeValues: marshall({ ':ours': claim.versionId }),
    }))));
  }

  private async update(tunnelId: string, side: Side, update: Update): Promise<boolean> {
    return await this.updateAndTell(tunnelId, side, update) !== undefined;
  }

  /** One conditional update; attributes set to undefined are removed. Tells what the row was before; undefined if the condition did not hold. */
  private async updateAndTell(tunnelId: string, side: Side, { set, condition, values }: Update): Promise<Record<string, unknown> | undefined> {
    const given = Object.entries(set).filter(([, value]) => value !== undefined);
    const gone = Object.keys(set).filter((name) => set[name] === undefined);
    const clauses = [
      given.length > 0 && `SET ${given.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      gone.length > 0 && `REMOVE ${gone.map((name) => `#${name}`).join(', ')}`,
    ];
    const expressions = [...clauses, condition].join(' ');
    const names = new Set(expressions.match(/#\w+/g));
    const before = await conditional(() => awsCall('DynamoDB.UpdateItem', () => this.client.send(new UpdateItemCommand({
      TableName: this.table,
      Key: marshall({ tunnelId, side }),
      UpdateExpression: clauses.filter(Boolean).join(' '),
      ConditionExpression: condition,
      ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])),
      ExpressionAttributeValues: marshall(
        { ...Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])), ...values },
        { removeUndefinedValues: true },
      ),
      ReturnValues: 'ALL_OLD',
    }))));
    return before && unmarshall(before.Attributes ?? {});
  }
}

interface Update {
  readonly set: Readonly<Record<string, unknown>>;
  readonly condition: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A condition that did not hold is a lost race, not a failure. */
async function conditional<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (refusedWith(error, 'ConditionalCheckFailedException')) return undefined;
    throw error;
  }
}

const unreadable = (cause?: unknown) => new DependencyError('DynamoDB.Query', 'refused', 'UnreadableRow', true, { cause });

/** DynamoDB has numbers that this language has not. */
function readable(item: Record<string, AttributeValue>): Record<string, unknown> {
  try {
    return unmarshall(item);
  } catch (error) {
    throw unreadable(error);
  }
}

/**
 * Takes what it knows and needs no more than a generation, so that rows of older and newer versions can be read.
 * @throws DependencyError if somebody else wrote it: what it says is nothing to act on, and what it was to say nobody knows
 */
function historyOf(row: Record<string, unknown>): History {
  const { generation, fence, versionId, proofHash, formerProofs, deliveredAt, claim, budget, requests, refusal } = row as unknown as History;
  const whole = isNumber(generation)
    && [fence, deliveredAt].every(orAbsent(isNumber)) && [versionId, proofHash].every(orAbsent(isText))
    && orAbsent(has({ versionId: isText, proofHash: isText, until: isNumber, from: orAbsent(isNumber) }))(claim)
    && orAbsent(isListOf(has({ hash: isText, since: isNumber })))(formerProofs)
    && [budget, requests].every(orAbsent(has({ tokens: isNumber, at: isNumber }))) && orAbsent(has({ times: isNumber, until: isNumber }))(refusal);
  if (!whole) throw unreadable();
  return { generation, fence, versionId, proofHash, formerProofs, deliveredAt, claim, budget, requests, refusal };
}

type Check = (value: unknown) => boolean;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isText: Check = (value) => typeof value === 'string';
const orAbsent = (check: Check): Check => (value) => value === undefined || check(value);
const isListOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const has = (fields: Readonly<Record<string, Check>>): Check => (value) => typeof value === 'object' && value !== null
  && Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
