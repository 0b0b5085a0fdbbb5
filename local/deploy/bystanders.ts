import { arn } from '../service';
import type { ResourceType } from './resource-type';

/** Accepted and listed; nothing more happens, because nothing of it can be seen from inside. */
const bystander = (length: number, arnOf?: (name: string) => string): ResourceType => ({
  understood: [],
  withoutEffect: ['*'],
  create(properties, { physicalName }) {
    const given = properties.LogGroupName ?? properties.AlarmName ?? properties.DashboardName ?? properties.AliasName;
    const name = given === undefined ? physicalName(length) : String(given);
    return { physicalId: name, attributes: arnOf && { Arn: arnOf(name) } };
  },
});

export const logGroup = bystander(512, (name) => arn('logs', `log-group:${name}:*`));
export const alarm = bystander(255, (name) => arn('cloudwatch', `alarm:${name}`));
export const dashboard = bystander(255);
export const metadata = bystander(255);
export const kmsKey = bystander(36, (name) => arn('kms', `key/${name}`));
export const kmsAlias = bystander(255);
