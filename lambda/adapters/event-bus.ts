import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EVENTS } from '../../lib/runtime-contract';
import { DependencyError } from '../domain/errors';
import { awsCall, CLIENT_SETTINGS } from './aws-call';

/** Puts an event of ours on a bus of EventBridge. */
export type PutEvent = (bus: string, detailType: string, detail: object) => Promise<void>;

export function eventPutter(client = new EventBridgeClient(CLIENT_SETTINGS)): PutEvent {
  return async (bus, detailType, detail) => {
    const call = 'EventBridge.PutEvents';
    const { Entries } = await awsCall(call, () => client.send(new PutEventsCommand({
      Entries: [{ EventBusName: bus, Source: EVENTS.source, DetailType: detailType, Detail: JSON.stringify(detail) }],
    })));
    const refusal = Entries?.find(({ ErrorCode }) => ErrorCode)?.ErrorCode;
    if (refusal) throw new DependencyError(call, 'unavailable', refusal, true);
  };
}
