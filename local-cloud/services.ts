import { randomUUID } from 'node:crypto';
import type { Common } from './common';
import { asAwsError, Dispatcher } from './dispatch';
import { createCloudTrail } from './cloudtrail';
import { startDynamoDb } from './dynamodb';
import { targetDelivery } from './eventbridge/deliver';
import { createEventBridge } from './eventbridge/service';
import type { EventSourceMapping } from './functions/event-source-mapping';
import { createLambda } from './functions/lambda-service';
import { authorize } from './iam/authorize';
import { principalArn, type Principal } from './iam/principals';
import { startBroker } from './iot/broker';
import { createIotDataPlane } from './iot/data-plane';
import { createThings } from './iot/things';
import { TopicRules } from './iot/topic-rules';
import type { Act } from './parts';
import type { Place } from './place';
import { scheduledCalls } from './scheduler/call';
import { createScheduler } from './scheduler/service';
import { createSecretsManager } from './secrets-manager/service';
import { createSqs } from './sqs/service';
import { createSts } from './sts';
import { createTunneling } from './tunneling/tunneling';
import { awsJson } from './wire/aws-json';
import { awsQuery } from './wire/query';
import { restJson } from './wire/rest-json';

/** What a function writes is lost in AWS if its role cannot write logs; here it is kept, and the call log tells. */
function checkLogging({ calls, clock }: Common, place: Place, principal: Principal, logGroup: string): void {
  const resource = place.arn('logs', `log-group:${logGroup}:log-stream:any`);
  const needs = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource }));
  try {
    authorize(principal, needs, { place, now: clock.now() });
  } catch (error) {
    const call = { service: 'logs', action: 'PutLogEvents', input: {}, accessKeyId: '', requestId: randomUUID() };
    calls.begin(call, principal, needs, () => clock.now())(403, asAwsError(error));
  }
}

export type Services = Awaited<ReturnType<typeof startServices>>;

/** All services of one account in one region, tied together; nothing listens for AWS requests yet. */
export async function startServices(common: Common, place: Place) {
  const { options, clock, address, principals, calls, activity, weather, logs, functions, behaviour, ahead, stoppedAt } = common;
  const endpoint = () => address.endpoint;
  const roles = common.rolesOf(place.account);
  const dispatcher = new Dispatcher(calls, clock, place);

  const act: Act = async (principal, service, action, input) => {
    const run = () => activity.track(() => dispatcher.dispatch(
      { service, action, input }, { service: service.name, action, input, accessKeyId: principalArn(principal), requestId: randomUUID() }, principal));
    const result = await run();
    return weather.again() ? run() : result;
  };

  const dynamodb = await startDynamoDb(place);
  // The port that was asked for belongs to the place where everything is at home.
  const port = place === common.home ? options.mqttPort : 0;
  const broker = await startBroker({ clock, place, host: options.host, port, again: () => weather.again() }).catch(async (error) => {
    await dynamodb.close();
    throw error;
  });
  const sqs = createSqs({ clock, place, endpoint, quirks: weather });
  const secrets = createSecretsManager({
    clock, place, deletionLag: options.secretDeletionLag ?? 0, missingSecrets: options.missingSecrets ?? 'not-found',
  });
  const lambda = createLambda({
    place, clock, logs, principals, ahead, stoppedAt, endpoint, activity,
    invoked: (invocation) => functions.record(invocation),
    startFailed: (name, { errorType, errorMessage }) => options.warn?.(`the function ${name} cannot start: ${errorType}: ${errorMessage}`),
    starting: (principal, logGroup) => checkLogging(common, place, principal, logGroup),
  });
  const deliver = targetDelivery({ clock, act, sqs: sqs.service, lambda: lambda.service });
  const eventbridge = createEventBridge({ clock, place, schedulePeriod: options.schedulePeriod, deliver });
  const scheduler = createScheduler({
    clock, place, schedulePeriod: options.schedulePeriod,
    targets: scheduledCalls({ clock, place, roles, act, sqs: sqs.service, lambda: lambda.service }),
  });
  const topicRules = new TopicRules(broker, clock);
  const tunneling = createTunneling({
    clock, place, switches: behaviour, says: (chance) => weather.says(chance),
    publish: (topic, payload) => void broker.publish(topic, payload, { qos: 1 }),
  });
  const mappings = new Set<EventSourceMapping>();

  return {
    place, clock, roles, calls, logs, dispatcher, act, dynamodb, broker, sqs, secrets, lambda, eventbridge, scheduler, topicRules, tunneling, mappings,
    wires: [
      awsJson([tunneling.service, secrets.service, sqs.service, eventbridge.service, dynamodb.service, createCloudTrail({ calls, clock, place, behaviour })]),
      restJson([createIotDataPlane(broker, place), createThings(place), lambda.service]),
      awsQuery([createSts({ principals, rolesOf: common.rolesOf, clock, place })]),
    ],
    /** Tells running functions what time it is, after `ahead` changed or before it will by so many milliseconds. */
    async setFunctionClocks(willAdvance = 0): Promise<void> {
      await Promise.all([...lambda.functions.values()].map((each) => each.setClock(ahead() + willAdvance)));
    },
    async close(): Promise<void> {
      eventbridge.close();
      scheduler.close();
      secrets.close();
      await lambda.close();
      await Promise.all([...mappings].map((mapping) => mapping.close()));
      sqs.close();
      await tunneling.close();
      await broker.close();
      await dynamodb.close();
    },
  };
}
