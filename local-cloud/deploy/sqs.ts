import { readSettings } from '../sqs/attributes';
import { DEFAULT_SETTINGS } from '../sqs/queue';
import { DeploymentError } from './errors';
import type { Properties, ResourceType } from './resource-type';

const ATTRIBUTES = ['DelaySeconds', 'VisibilityTimeout', 'MessageRetentionPeriod', 'ReceiveMessageWaitTimeSeconds', 'MaximumMessageSize', 'RedrivePolicy'];

export const queue: ResourceType = {
  understood: ['QueueName', ...ATTRIBUTES],
  withoutEffect: ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled', 'RedriveAllowPolicy', 'Tags'],
  create(properties, { parts: { sqs }, physicalName }) {
    const name = properties.QueueName === undefined ? physicalName(80) : String(properties.QueueName);
    const created = sqs.create(name, readSettings(attributesOf(properties)));
    return {
      physicalId: sqs.urlOf(created),
      attributes: { Arn: created.arn, QueueName: name, QueueUrl: sqs.urlOf(created) },
      remove: () => sqs.remove(name),
    };
  },
  /** In place: its messages stay, and its policy, which is a resource of its own. */
  update(properties, context, { provisioned, properties: { QueueName } }) {
    if (properties.QueueName !== QueueName) return this.create(properties, context);
    const queue = context.parts.sqs.queues.get(String(provisioned.attributes?.QueueName));
    if (queue) queue.settings = { ...DEFAULT_SETTINGS, ...readSettings(attributesOf(properties)), policy: queue.settings.policy };
    return provisioned;
  },
};

const attributesOf = (properties: Properties) => Object.fromEntries(ATTRIBUTES.filter((key) => key in properties).map((key) => [key, properties[key]]));

export const queuePolicy: ResourceType = {
  understood: ['PolicyDocument', 'Queues'],
  create({ PolicyDocument, Queues }, { parts: { sqs }, logicalId, physicalName }) {
    for (const url of Queues as string[]) {
      const target = sqs.queues.get(url.split('/').at(-1) ?? '');
      if (!target) throw new DeploymentError(`${logicalId}: there is no queue '${url}'`);
      target.settings = { ...target.settings, policy: PolicyDocument as object };
    }
    return { physicalId: physicalName(80) };
  },
};
