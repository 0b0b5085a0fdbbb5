import type { Calls, CallRecord } from './calls';
import type { Clock } from './clock';
import { isRecord, type Input } from './inputs';
import type { Place } from './place';
import { AwsError, type Service } from './service';
import type { Behaviour } from './tunneling/behaviour';

/** Calls show so much later; AWS says that it takes about five minutes on average. */
const DELIVERY = 120_000;
const SECRET = ['sourceAccessToken', 'destinationAccessToken'];

export interface CloudTrailParts {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly place: Place;
  readonly behaviour: Pick<Behaviour, 'cloudTrail'>;
}

/**
 * CloudTrail's event history of Secure Tunneling: LookupEvents by the event's name.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
export function createCloudTrail({ calls, clock, place, behaviour }: CloudTrailParts): Service {
  return {
    name: 'cloudtrail',
    target: 'CloudTrail_20131101',
    contentType: 'application/x-amz-json-1.1',
    actions: {
      LookupEvents({ input }) {
        const wanted = eventName(input);
        const now = clock.now();
        const records = behaviour.cloudTrail === 'absent' ? [] : calls.find({ service: 'iotsecuretunneling' });
        const shown = records.filter(({ action, startedAt }) => (wanted === undefined || action === wanted) && startedAt + DELIVERY <= now);
        return { Events: shown.reverse().map((record) => event(record, place, behaviour.cloudTrail === 'shown')) };
      },
    },
    needs: () => [{ action: 'cloudtrail:LookupEvents', resource: '*' }],
  };
}

/** @throws AwsError for what is not known here */
function eventName({ LookupAttributes: attributes = [] }: Input): string | undefined {
  const [attribute, ...others] = Array.isArray(attributes) ? attributes as unknown[] : [undefined, undefined];
  if (attribute === undefined && others.length === 0) return undefined;
  if (others.length > 0 || !isRecord(attribute) || attribute.AttributeKey !== 'EventName') {
    throw new AwsError('InvalidLookupAttributesException', 'The local cloud looks events up by one EventName only');
  }
  return String(attribute.AttributeValue);
}

/** @param tells where a token stood stands something like one: the local cloud keeps none to show */
function event({ requestId, action, startedAt, resources, error }: CallRecord, place: Place, tells: boolean): object {
  const EventTime = startedAt / 1_000;
  const EventSource = 'iotsecuredtunneling.amazonaws.com';
  const inItsPlace = tells ? `not-a-token-${'x'.repeat(64)}` : 'HIDDEN_DUE_TO_SECURITY_REASONS';
  const responseElements = error ? null : Object.fromEntries(SECRET.map((name) => [name, inItsPlace]));
  const CloudTrailEvent = JSON.stringify({
    eventName: action, eventSource: EventSource, awsRegion: place.region, eventID: requestId, errorCode: error,
    requestParameters: { tunnelId: resources[0]?.split('/').at(-1) }, responseElements,
  });
  return { EventId: requestId, EventName: action, EventTime, EventSource, CloudTrailEvent };
}
