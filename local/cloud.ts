import { randomUUID } from 'node:crypto';
import { Activity } from './activity';
import { Calls, describeCall } from './calls';
import { AdjustableClock, systemClock, type Clock } from './clock';
import { readAssembly } from './deploy/assembly';
import { deployTemplate, type Deployment } from './deploy/template';
import { Dispatcher } from './dispatch';
import { startDynamoDb } from './dynamodb';
import { targetDelivery } from './eventbridge/deliver';
import { createEventBridge, type BusEvent, type Deliver } from './eventbridge/service';
import type { EventSourceMapping } from './functions/event-source-mapping';
import { Functions } from './functions/functions';
import { createLambda } from './functions/lambda-service';
import { Logs, Metrics } from './functions/logs';
import { HttpFront } from './http-front';
import { PrincipalRegistry, principalArn } from './iam/principals';
import { Roles } from './iam/roles';
import { startBroker, type Broker } from './iot/broker';
import { createIotDataPlane } from './iot/data-plane';
import { TopicRules } from './iot/topic-rules';
import { findLeaks } from './leaks';
import type { Act, CloudParts } from './parts';
import { createSecretsManager } from './secrets-manager/service';
import { REGION } from './service';
import { createSqs } from './sqs/service';
import type { Queue } from './sqs/queue';
import { createSts } from './sts';
import { traces } from './traces';
import type { Behaviour } from './tunneling/behaviour';
import { createTunneling, type Tunneling } from './tunneling/tunneling';
import { awsJson } from './wire/aws-json';
import { awsQuery } from './wire/query';
import { restJson } from './wire/rest-json';

export interface LocalCloudOptions {
  /** @default 0, a free port */
  readonly port?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** An `AdjustableClock` can be put forward with `advance`. @default the system's clock */
  readonly clock?: Clock;
  /**
   * Milliseconds between two firings of every schedule rule, in place of the rate in the template: a demo need not wait
   * a minute for the sweep. @default the template's rate
   */
  readonly schedulePeriod?: number;
  /** Milliseconds until a forcibly deleted secret's name is free again. @default 0 */
  readonly secretDeletionLag?: number;
  /** What Secure Tunneling does where AWS's documentation leaves it open. @default what seems most likely */
  readonly tunneling?: Partial<Behaviour>;
  /** Gets a line for every API call and every line that a function writes. @default nobody */
  readonly log?: (line: string) => void;
}

/** A running local cloud. Everything is in memory, in one account and one region. */
export interface LocalCloud {
  /** `http://127.0.0.1:<port>`: every service's endpoint, and the tunnels' data plane below `/tunnel`. */
  readonly endpoint: string;
  /** Environment for an SDK or the AWS command line, as a user who may do everything. */
  readonly env: Readonly<Record<string, string>>;
  /** Port of the MQTT broker on loopback. */
  readonly mqttPort: number;
  readonly calls: Calls;
  readonly logs: Logs;
  readonly metrics: Metrics;
  /** Everything that was put on an event bus, and what schedules sent. */
  readonly events: readonly { readonly bus: string; readonly event: BusEvent }[];
  readonly functions: Functions;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly broker: Broker;
  readonly tunneling: Tunneling;
  /**
   * Deploys what `cdk synth` wrote.
   * @param stackName may be left out if the assembly holds one stack only
   * @throws DeploymentError for anything that is not known here
   */
  deploy(assemblyDirectory: string, stackName?: string): Promise<Deployment>;
  /** Fires a schedule rule now; without a name, all of them. */
  fireSchedule(ruleName?: string): void;
  /** Puts the clock forward, for the services and for running functions alike. @throws TypeError without an AdjustableClock */
  advance(milliseconds: number): Promise<void>;
  /**
   * Resolves when every delivery and invocation is over and no queue that feeds a function holds a visible message. What is
   * delayed, or hidden until it is tried again, waits for the clock.
   */
  idle(): Promise<void>;
  /**
   * Where this text was ever written down outside of secrets: logs, calls, queues, tables, events, MQTT (but for the topic on which
   * AWS itself sends the destination's token), environments.
   */
  findLeaks(needle: string): Promise<string[]>;
  /** Ends every function, connection and timer. */
  close(): Promise<void>;
}

export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const { port = 0, host = '127.0.0.1', clock = systemClock, schedulePeriod, secretDeletionLag = 0, log = () => undefined } = options;
  const ahead = () => (clock instanceof AdjustableClock ? clock.ahead : 0);
  let endpoint = '';

  const principals = new PrincipalRegistry();
  const roles = new Roles();
  const calls = new Calls();
  const dispatcher = new Dispatcher(calls, clock);
  const logs = new Logs(({ functionName, text }) => log(`${functionName} | ${text}`));
  calls.onEnd((record) => log(describeCall(record)));
  const activity = new Activity();
  const act: Act = (principal, service, action, input) => activity.track(() => dispatcher.dispatch(
    { service, action, input }, { service: service.name, action, input, accessKeyId: principalArn(principal), requestId: randomUUID() }, principal));

  const dynamodb = await startDynamoDb();
  const broker = await startBroker();
  const sqs = createSqs(clock, () => endpoint);
  const secrets = createSecretsManager({ clock, deletionLag: secretDeletionLag });
  const lambda = createLambda({ clock, logs, principals, ahead, endpoint: () => endpoint, activity, invoked: (invocation) => functions.record(invocation) });
  const functions = new Functions(lambda.functions);
  const deliver: Deliver = targetDelivery({ act, sqs: sqs.service, lambda: lambda.service });
  const eventbridge = createEventBridge({ clock, schedulePeriod, deliver });
  const topicRules = new TopicRules(broker, clock);
  const tunneling = createTunneling({ clock, behaviour: options.tunneling, publish: (topic, payload) => void broker.publish(topic, payload, { qos: 1 }) });
  const mappings = new Set<EventSourceMapping>();
  const parts: CloudParts = { clock, roles, sqs, dynamodb, eventbridge, lambda, mappings, topicRules, act };

  const front = await HttpFront.listen({
    wires: [
      awsJson([tunneling.service, secrets.service, sqs.service, eventbridge.service, dynamodb.service]),
      restJson([createIotDataPlane(broker), lambda.service]),
      awsQuery([createSts(principals)]),
    ],
    dispatcher, principals, clock,
    fallbacks: [],
    upgrade: (request, socket, head) => tunneling.handleUpgrade(request, socket, head),
  }, host, port);
  endpoint = `http://${host}:${front.port}`;

  return {
    get endpoint() { return endpoint; },
    env: {
      AWS_ENDPOINT_URL: endpoint, AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, AWS_ACCESS_KEY_ID: 'LOCALUSER', AWS_SECRET_ACCESS_KEY: 'local',
    },
    mqttPort: broker.port,
    calls, logs, broker, tunneling, functions,
    metrics: new Metrics(logs),
    events: eventbridge.events,
    queues: sqs.queues,
    deploy: async (directory, stackName) => deployTemplate(readAssembly(directory, stackName), parts),
    fireSchedule: (ruleName) => eventbridge.fireSchedule(ruleName),
    async advance(milliseconds) {
      if (!(clock instanceof AdjustableClock)) throw new TypeError('only a cloud that was started with an AdjustableClock can be put forward');
      // Functions first: none of them may see a clock that is behind what a service tells it.
      await Promise.all([...lambda.functions.values()].map((each) => each.setClock(clock.ahead + milliseconds)));
      clock.advance(milliseconds);
    },
    idle: () => activity.idle(() => [...mappings].some((mapping) => mapping.pending)),
    findLeaks: async (needle) => findLeaks(await traces({ calls, logs, sqs, dynamodb, eventbridge, broker, topicRules, lambda }), needle),
    async close() {
      eventbridge.close();
      secrets.close();
      await lambda.close();
      await Promise.all([...mappings].map((mapping) => mapping.close()));
      sqs.close();
      await tunneling.close();
      await front.close();
      await broker.close();
      await dynamodb.close();
    },
  };
}
