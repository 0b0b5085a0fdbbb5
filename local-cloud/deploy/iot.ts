import { assumeRole } from '../iam/authorize';
import type { RuleAction } from '../iot/topic-rules';
import type { CloudParts } from '../parts';
import { DeploymentError } from './errors';
import { nested, type ResourceType } from './resource-type';

export const topicRule: ResourceType = {
  understood: ['RuleName', 'TopicRulePayload'],
  withoutEffect: ['Tags'],
  create({ RuleName, TopicRulePayload }, { parts, logicalId, physicalName }) {
    const place = `${logicalId}.TopicRulePayload`;
    const { Sql, Actions, ErrorAction, RuleDisabled, AwsIotSqlVersion = '2015-10-08' } = nested(
      TopicRulePayload, ['Sql', 'Actions', 'ErrorAction', 'RuleDisabled', 'AwsIotSqlVersion', 'Description'], place);
    if (AwsIotSqlVersion !== '2016-03-23' && AwsIotSqlVersion !== 'beta') {
      throw new DeploymentError(`${place}: SQL version '${String(AwsIotSqlVersion)}' is not known here; known is 2016-03-23`);
    }
    // Rule names hold letters, digits and underscores only.
    const name = RuleName === undefined ? physicalName(128).replace(/\W/g, '_') : String(RuleName);
    const ruleArn = parts.place.arn('iot', `rule/${name}`);
    const settings = {
      name, arn: ruleArn, sql: String(Sql),
      actions: (Actions as unknown[]).map((action, index) => readAction(action, parts, `${place}.Actions[${index}]`)),
      errorAction: ErrorAction === undefined ? undefined : readAction(ErrorAction, parts, `${place}.ErrorAction`),
    };
    parts.topicRules.add(settings);
    return {
      physicalId: name,
      attributes: { Arn: ruleArn },
      begin() { if (RuleDisabled !== true) parts.topicRules.begin(name); },
      remove: () => parts.topicRules.remove(name),
    };
  },
};

function readAction(raw: unknown, parts: CloudParts, place: string): RuleAction {
  const { Sqs } = nested(raw, ['Sqs'], place);
  const { QueueUrl, RoleArn, UseBase64 = false } = nested(Sqs, ['QueueUrl', 'RoleArn', 'UseBase64'], `${place}.Sqs`);
  const role = parts.roles.get(String(RoleArn));
  return {
    name: 'SqsAction',
    resource: String(QueueUrl),
    async run(rule, message) {
      const principal = assumeRole(role, 'iot.amazonaws.com', rule.arn, parts.clock.now());
      const MessageBody = UseBase64 ? Buffer.from(message).toString('base64') : message;
      await parts.act(principal, parts.sqs.service, 'SendMessage', { QueueUrl, MessageBody });
    },
  };
}
