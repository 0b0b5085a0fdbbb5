import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';
import { narrowRole } from '../functions/narrow-role';
import { underscoredName } from '../rotator-name';
import { SignalTarget } from './signal-target';

export interface TopicRuleProps {
  readonly id: string;
  readonly description: string;
  readonly sql: string;
}

/**
 * IoT topic rules, with one role, that forward named fields and nothing else, so that what else a client wrote stays out of the queue.
 * What cannot be forwarded goes to the dead-letter queue, as AWS IoT's failure record, which does hold the client's message:
 * it is the one encrypted and alarmed place for lost signals, and fewer people read it than logs.
 */
export function forwardTopics(source: Construct, { queue, deadLetterQueue, managedPolicies }: SignalTarget, rules: TopicRuleProps[]): void {
  const stack = Stack.of(source);
  // Names of our own, so that the role can trust exactly these rules. Rule names hold no hyphen.
  const stem = ruleStem(source);
  const named = rules.map((rule) => ({ ...rule, ruleName: `${stem}_${rule.id}` }));
  const role = narrowRole(source, 'Role', {
    description: 'Lets IoT topic rules send signals to the rotator',
    assumedBy: new ServicePrincipal('iot.amazonaws.com', {
      conditions: {
        ArnEquals: { 'aws:SourceArn': named.map(({ ruleName }) => stack.formatArn({ service: 'iot', resource: 'rule', resourceName: ruleName })) },
        StringEquals: { 'aws:SourceAccount': stack.account },
      },
    }),
    policyName: 'SendSignals',
    statements: [new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn, deadLetterQueue.queueArn] })],
    managed: managedPolicies,
  });
  for (const { id, ruleName, description, sql } of named) {
    new CfnTopicRule(source, id, {
      ruleName,
      topicRulePayload: {
        description,
        awsIotSqlVersion: '2016-03-23',
        sql,
        actions: [{ sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn, useBase64: false } }],
        errorAction: { sqs: { queueUrl: deadLetterQueue.queueUrl, roleArn: role.roleArn, useBase64: false } },
      },
    });
  }
}

/** What the names of a source's rules begin with. */
export const ruleStem = (source: Construct): string => underscoredName(source, 100);
