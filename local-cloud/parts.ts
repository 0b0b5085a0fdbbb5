import type { Clock } from './clock';
import type { DynamoDb } from './dynamodb';
import type { EventBridge } from './eventbridge/service';
import type { EventSourceMapping } from './functions/event-source-mapping';
import type { Lambda } from './functions/lambda-service';
import type { Principal } from './iam/principals';
import type { Roles } from './iam/roles';
import type { Place } from './place';
import type { TopicRules } from './iot/topic-rules';
import type { Scheduler } from './scheduler/service';
import type { Routed } from './wire/wire';
import type { Sqs } from './sqs/service';

/** Lets one service call another as `principal`: checked, recorded and interceptable like a call over HTTP. */
export type Act = (principal: Principal, service: Routed['service'], action: string, input: Readonly<Record<string, unknown>>) => Promise<object>;

/** The services, as the deployer needs them. */
export interface CloudParts {
  readonly clock: Clock;
  readonly place: Place;
  readonly roles: Roles;
  readonly sqs: Sqs;
  readonly dynamodb: DynamoDb;
  readonly eventbridge: EventBridge;
  readonly scheduler: Scheduler;
  readonly lambda: Lambda;
  readonly mappings: Set<EventSourceMapping>;
  readonly topicRules: TopicRules;
  readonly act: Act;
  /** Physical names of earlier deployments, to be used again: `<account>/<region>/<stack>/<logical id>` -> name. */
  readonly names?: Map<string, string>;
}
