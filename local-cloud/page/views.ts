import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { AdminError } from '../admin/resources';
import type { LocalCloud } from '../local-cloud';
import type { Services } from '../services';
import type { LedgerRow, Numbers, QueueRow, TunnelDetail, TunnelRow } from './contract';

export function tunnelRows({ places }: LocalCloud): TunnelRow[] {
  return places.flatMap(({ tunneling }) => tunneling.admin.tunnels()).map(({ tunnelId, thingName, status, source }) => (
    { tunnelId, thingName, open: status === 'OPEN', used: source.connects > 0, since: source.connection?.connectedAt, shown: source.status }));
}

export function queueRows({ places }: LocalCloud): QueueRow[] {
  return places.flatMap(({ sqs }) => [...sqs.queues.values()].map((queue) => ({ name: queue.name, ...queue.counts() })));
}

/** Connections that were well until a rotation ended them. */
export function disturbed({ places }: LocalCloud): Numbers['disturbed'] {
  return places.flatMap(({ tunneling }) => tunneling.admin.tunnels()).reduce((sum, { source, destination }) => sum + source.kicks + destination.kicks, 0);
}

/** @throws AdminError if there is no such tunnel */
export async function detailOf(cloud: LocalCloud, tunnelId: string): Promise<TunnelDetail> {
  if (!tunnelRows(cloud).some((row) => row.tunnelId === tunnelId)) throw new AdminError(404, `there is no tunnel '${tunnelId}'`);
  const found = secretOf(cloud, tunnelId);
  const ledger = (await Promise.all(cloud.places.map((services) => ledgerOf(services, tunnelId)))).flat();
  return { tunnelId, ledger, secret: found && { name: found.name, versions: found.versions } };
}

/** The secret that has the tunnel's id for a step of its name. */
export function secretOf({ places }: LocalCloud, tunnelId: string) {
  return places.flatMap((services) => [...services.secrets.secrets.values()].map((secret) => ({ services, name: secret.name, versions: secret.all().length })))
    .find(({ name }) => name.split('/').includes(tunnelId));
}

/** What every table holds whose key is a tunnel's id. */
async function ledgerOf({ dynamodb }: Services, tunnelId: string): Promise<LedgerRow[]> {
  const { TableNames } = await dynamodb.send('ListTables', {});
  const rows = await Promise.all((TableNames as string[]).map(async (TableName) => {
    const { Table } = await dynamodb.send('DescribeTable', { TableName });
    if (!(Table as { KeySchema: { AttributeName: string }[] }).KeySchema.some(({ AttributeName }) => AttributeName === 'tunnelId')) return [];
    const { Items } = await dynamodb.send('Query', {
      TableName, KeyConditionExpression: 'tunnelId = :id', ExpressionAttributeValues: { ':id': { S: tunnelId } }, ConsistentRead: true,
    });
    return (Items as Record<string, AttributeValue>[]).map((item) => ({ table: TableName, item: unmarshall(item) }));
  }));
  return rows.flat();
}
