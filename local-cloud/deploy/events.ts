import type { Target } from '../eventbridge/service';
import { DeploymentError } from './errors';
import { nested, type ResourceType } from './resource-type';

const TARGET_PROPERTIES = ['Id', 'Arn', 'Input', 'InputPath', 'InputTransformer', 'DeadLetterConfig', 'RetryPolicy'];

export const rule: ResourceType = {
  understood: ['Name', 'EventBusName', 'EventPattern', 'ScheduleExpression', 'State', 'Targets'],
  withoutEffect: ['Description'],
  create({ Name, EventBusName = 'default', EventPattern, ScheduleExpression, State, Targets = [] }, { parts, logicalId, physicalName }) {
    const name = Name === undefined ? physicalName(64) : String(Name);
    const created = parts.eventbridge.addRule({
      name,
      bus: String(EventBusName).replace(/^arn:.*:event-bus\//, ''),
      enabled: State !== 'DISABLED',
      pattern: EventPattern,
      schedule: ScheduleExpression as string | undefined,
      targets: (Targets as unknown[]).map((target, index) => {
        const place = `${logicalId}.Targets[${index}]`;
        const { Id, Arn, Input, InputPath, InputTransformer, DeadLetterConfig, RetryPolicy } = nested(target, TARGET_PROPERTIES, place);
        const { Arn: deadLetterArn } = nested(DeadLetterConfig, ['Arn'], `${place}.DeadLetterConfig`);
        const { MaximumRetryAttempts } = nested(RetryPolicy, ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds'], `${place}.RetryPolicy`);
        if (!/^arn:[^:]+:(sqs|lambda):/.test(String(Arn))) {
          throw new DeploymentError(`${place}: target '${String(Arn)}' is not known here; known are SQS queues and Lambda functions`);
        }
        return { id: String(Id), arn: String(Arn), retries: MaximumRetryAttempts, deadLetterArn, Input, InputPath, InputTransformer } as Target;
      }),
    });
    return {
      physicalId: name,
      attributes: { Arn: created.arn },
      begin: () => parts.eventbridge.beginRule(name),
      remove: () => parts.eventbridge.removeRule(name),
    };
  },
};

export const eventBus: ResourceType = {
  understood: ['Name'],
  withoutEffect: ['Description', 'Tags'],
  create({ Name }, { parts: { eventbridge } }) {
    const name = String(Name);
    eventbridge.buses.add(name);
    return { physicalId: name, attributes: { Arn: eventbridge.busArn(name), Name: name }, remove: () => eventbridge.buses.delete(name) };
  },
};
