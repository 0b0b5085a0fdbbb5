import { randomUUID } from 'node:crypto';
import { Activity } from './activity';
import { Calls } from './calls';
import { AdjustableClock, type Clock } from './clock';
import { asAwsError, Dispatcher } from './dispatch';
import { startDynamoDb } from './dynamodb';
import { targetDelivery } from './eventbridge/deliver';
import { createEventBridge, type Deliver } from './eventbridge/service';
import type { EventSourceMapping } from './functions/event-source-mapping';
import { Functions } from './functions/functions';
import { createLambda } from './functions/lambda-service';
import { Logs } from './functions/logs';
import { authorize } from './iam/authorize';
import { PrincipalRegistry, principalArn, type Principal } from './iam/principals';
import { Roles } from './iam/roles';
import { startBroker } from './iot/broker';
import { createIotDataPlane } from './iot/data-plane';
import { TopicRules } from './iot/topic-rules';
import type { LocalCloudOptions } from './options';
import type { Act } from './parts';
import { createSecretsManager } from './secrets-manager/service';
import { arn } from './service';
import { createSqs } from './sqs/service';
import { createSts } from './sts';
import { createTunneling } from './tunneling/tunneling';
import { Weather } from './weather/weather';
import { awsJson } from './wire/aws-json';
import { awsQuery } from './wire/query';
import { restJson } from './wire/rest-json';

/** What a function writes is lost in AWS if its role cannot write logs; here it is kept, and the call log tells. */
function checkLogging(calls: Calls, clock: Clock, principal: Principal, logGroup: string): void {
  const resource = arn('logs', `log-group:${logGroup}:log-stream:any`);
  try {
    authorize(principal, ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource })), clock.now());
  } catch (error) {
    const call = { service: 'logs', action: 'PutLogEvents', input: {}, accessKeyId: '', requestId: randomUUID() };
    calls.begin(call, principal, [resource], () => clock.now())(403, asAwsError(error));
  }
}

export type Services = Awaited<ReturnType<typeof startServices>>;

/** All services of one cloud, tied together; nothing listens for AWS requests yet. */
export async function startServices(options: LocalCloudOptions & { readonly clock: Clock }) {
  const { clock, host, schedulePeriod, log = () => undefined } = options;
  /** Where they will be found; filled in when somebody listens. */
  const address = { endpoint: '' };
  const endpoint = () => address.endpoint;
  const principals = new PrincipalRegistry();
  const roles = new Roles();
  const calls = new Calls();
  const activity = new Activity();
  const weather = new Weather(clock, options.seed ?? 1);
  calls.intercept(weather.intercept);
  const dispatcher = new Dispatcher(calls, clock);
  const logs = new Logs(({ functionName, text }) => log(`${functionName} | ${text}`));

  const act: Act = async (principal, service, action, input) => {
    const run = () => activity.track(() => dispatcher.dispatch(
      { service, action, input }, { service: service.name, action, input, accessKeyId: principalArn(principal), requestId: randomUUID() }, principal));
    const result = await run();
    return weather.again() ? run() : result;
  };

  const dynamodb = await startDynamoDb();
  const broker = await startBroker({ clock, host, port: options.mqttPort, again: () => weather.again() }).catch(async (error) => {
    await dynamodb.close();
    throw error;
  });
  const sqs = createSqs(clock, endpoint, weather);
  const secrets = createSecretsManager({ clock, deletionLag: options.secretDeletionLag ?? 0, missingSecrets: options.missingSecrets ?? 'not-found' });
  /** Milliseconds that functions' clocks are ahead of the system's, or of the moment at which they were stopped. */
  const ahead = () => (clock instanceof AdjustableClock ? clock.ahead : 0) + weather.forecast.functionClockSkew;
  const stoppedAt = clock instanceof AdjustableClock ? clock.stoppedAt : undefined;
  const lambda = createLambda({
    clock, logs, principals, ahead, stoppedAt, endpoint, activity,
    invoked: (invocation) => functions.record(invocation),
    starting: (principal, logGroup) => checkLogging(calls, clock, principal, logGroup),
  });
  const functions = new Functions(lambda.functions);
  const deliver: Deliver = targetDelivery({ clock, act, sqs: sqs.service, lambda: lambda.service });
  const eventbridge = createEventBridge({ clock, schedulePeriod, deliver });
  const topicRules = new TopicRules(broker, clock);
  const tunneling = createTunneling({
    clock, behaviour: options.tunneling, says: (chance) => weather.says(chance),
    publish: (topic, payload) => void broker.publish(topic, payload, { qos: 1 }),
  });
  const mappings = new Set<EventSourceMapping>();

  return {
    address, clock, principals, roles, calls, activity, weather, dispatcher, logs, act, ahead,
    dynamodb, broker, sqs, secrets, lambda, functions, eventbridge, topicRules, tunneling, mappings,
    wires: [
      awsJson([tunneling.service, secrets.service, sqs.service, eventbridge.service, dynamodb.service]),
      restJson([createIotDataPlane(broker), lambda.service]),
      awsQuery([createSts({ principals, roles, clock })]),
    ],
    /** Tells running functions what time it is, after `ahead` changed or before it will by so many milliseconds. */
    async setFunctionClocks(willAdvance = 0): Promise<void> {
      await Promise.all([...lambda.functions.values()].map((each) => each.setClock(ahead() + willAdvance)));
    },
    async close(): Promise<void> {
      eventbridge.close();
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
