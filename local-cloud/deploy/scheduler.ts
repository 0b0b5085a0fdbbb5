import { DeploymentError } from './errors';
import { nested, type ResourceType } from './resource-type';

export const schedule: ResourceType = {
  understood: ['Name', 'GroupName', 'ScheduleExpression', 'State', 'FlexibleTimeWindow', 'Target'],
  // A rate is the same in every time zone.
  withoutEffect: ['Description', 'KmsKeyArn', 'ScheduleExpressionTimezone'],
  create({ Name, GroupName, ScheduleExpression, State, FlexibleTimeWindow, Target }, { parts: { scheduler }, logicalId, physicalName }) {
    const name = Name === undefined ? physicalName(64) : String(Name);
    const place = `${logicalId}.Target`;
    const { Mode } = nested(FlexibleTimeWindow, ['Mode'], `${logicalId}.FlexibleTimeWindow`);
    if (Mode !== 'OFF') throw new DeploymentError(`${logicalId}: flexible time window '${String(Mode)}' is not known here; known is OFF`);
    const { Arn, RoleArn, Input, DeadLetterConfig, RetryPolicy } = nested(Target, ['Arn', 'RoleArn', 'Input', 'DeadLetterConfig', 'RetryPolicy'], place);
    if (!/^arn:[^:]+:(sqs|lambda):/.test(String(Arn))) {
      throw new DeploymentError(`${place}: target '${String(Arn)}' is not known here; known are SQS queues and Lambda functions`);
    }
    const { Arn: deadLetterArn } = nested(DeadLetterConfig, ['Arn'], `${place}.DeadLetterConfig`);
    const retryPolicy = nested(RetryPolicy, ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds'], `${place}.RetryPolicy`);
    const scheduleArn = scheduler.add({
      name,
      group: GroupName as string | undefined,
      expression: String(ScheduleExpression),
      enabled: State !== 'DISABLED',
      targetArn: String(Arn),
      roleArn: String(RoleArn),
      input: Input as string | undefined,
      deadLetterArn: deadLetterArn as string | undefined,
      retries: numberOf(retryPolicy.MaximumRetryAttempts),
      maximumAge: numberOf(retryPolicy.MaximumEventAgeInSeconds),
    });
    return {
      physicalId: name,
      attributes: { Arn: scheduleArn },
      begin: () => scheduler.begin(name),
      remove: () => scheduler.remove(name),
    };
  },
  update(properties, context) {
    return this.create(properties, context);
  },
};

const numberOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));

export const scheduleGroup: ResourceType = {
  understood: ['Name'],
  withoutEffect: ['Tags'],
  create({ Name }, { parts: { scheduler }, physicalName }) {
    const name = Name === undefined ? physicalName(64) : String(Name);
    return { physicalId: name, attributes: { Arn: scheduler.addGroup(name), State: 'ACTIVE' }, remove: () => scheduler.removeGroup(name) };
  },
  /** Its tags are all that can change of it; under another name it is another one. */
  update({ Name }, context, { provisioned }) {
    return Name === undefined || Name === provisioned.physicalId ? provisioned : this.create({ Name }, context);
  },
};
