import type { Place } from '../place';
import type { ResourceType } from './resource-type';

/** Accepted and listed; nothing more happens, because nothing of it can be seen from inside. */
function bystander(length: number, { nameProperty, arnOf, refIsArn = false }: Bystander = {}): ResourceType {
  return {
    understood: [],
    withoutEffect: ['*'],
    create(properties, { parts, physicalName }) {
      const given = nameProperty === undefined ? undefined : properties[nameProperty];
      const name = given === undefined ? physicalName(length) : String(given);
      const Arn = arnOf?.(name, parts.place);
      return { physicalId: refIsArn && Arn ? Arn : name, attributes: Arn === undefined ? {} : { Arn } };
    },
  };
}

interface Bystander {
  /** Property in which the template may give a name. */
  readonly nameProperty?: string;
  readonly arnOf?: (name: string, place: Place) => string;
  /** `Ref` gives the ARN. */
  readonly refIsArn?: boolean;
}

export const logGroup = bystander(512, { nameProperty: 'LogGroupName', arnOf: (name, place) => place.arn('logs', `log-group:${name}:*`) });
export const alarm = bystander(255, { nameProperty: 'AlarmName', arnOf: (name, place) => place.arn('cloudwatch', `alarm:${name}`) });
export const dashboard = bystander(255, { nameProperty: 'DashboardName' });
export const metadata = bystander(255);
export const kmsKey = bystander(36, { arnOf: (name, place) => place.arn('kms', `key/${name}`) });
export const kmsAlias = bystander(255, { nameProperty: 'AliasName' });
/** For devices; the broker here lets everybody in. */
export const iotPolicy = bystander(128, { nameProperty: 'PolicyName', arnOf: (name, place) => place.arn('iot', `policy/${name}`) });
/** For the IoT credentials provider, which isn't here. */
export const roleAlias = bystander(128, { nameProperty: 'RoleAlias', arnOf: (name, place) => place.arn('iot', `rolealias/${name}`) });
/** Alarms would tell it; there are none here. */
export const topic = bystander(256, { nameProperty: 'TopicName', arnOf: (name, place) => place.arn('sns', name), refIsArn: true });
export const topicPolicy = bystander(256);
export const subscription = bystander(256);
