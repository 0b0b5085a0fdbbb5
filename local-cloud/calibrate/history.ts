import { CloudTrailClient, type CloudTrailClientConfig, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import type { Lab } from './lab';

/** CloudTrail keeps calls for ninety days without anybody asking for it; no trail is needed to look them up. */
export const eventHistory = (settings: CloudTrailClientConfig): NonNullable<Lab['history']> => async (eventName, since) => {
  const client = new CloudTrailClient(settings);
  try {
    const { Events = [] } = await client.send(new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: eventName }], StartTime: new Date(since),
    }));
    return Events.map(({ CloudTrailEvent = '{}' }) => JSON.parse(CloudTrailEvent) as Record<string, unknown>);
  } finally {
    client.destroy();
  }
};
