import * as bystanders from './bystanders';
import { customResource } from './custom-resource';
import * as dynamodb from './dynamodb';
import * as events from './events';
import * as iam from './iam';
import * as iot from './iot';
import * as lambda from './lambda';
import type { ResourceType } from './resource-type';
import * as scheduler from './scheduler';
import * as sqs from './sqs';

/** Undefined: it is not known here. */
export function resourceType(name: string): ResourceType | undefined {
  return /^Custom::|^AWS::CloudFormation::CustomResource$/.test(name) ? customResource(name) : RESOURCE_TYPES[name];
}

export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::CDK::Metadata': bystanders.metadata,
  'AWS::CloudWatch::Alarm': bystanders.alarm,
  'AWS::CloudWatch::CompositeAlarm': bystanders.alarm,
  'AWS::CloudWatch::Dashboard': bystanders.dashboard,
  'AWS::DynamoDB::GlobalTable': dynamodb.globalTable,
  'AWS::DynamoDB::Table': dynamodb.table,
  'AWS::Events::EventBus': events.eventBus,
  'AWS::Events::Rule': events.rule,
  'AWS::IAM::ManagedPolicy': iam.managedPolicy,
  'AWS::IAM::Policy': iam.policy,
  'AWS::IAM::Role': iam.role,
  'AWS::IoT::Policy': bystanders.iotPolicy,
  'AWS::IoT::RoleAlias': bystanders.roleAlias,
  'AWS::IoT::TopicRule': iot.topicRule,
  'AWS::KMS::Alias': bystanders.kmsAlias,
  'AWS::KMS::Key': bystanders.kmsKey,
  'AWS::Lambda::EventInvokeConfig': lambda.eventInvokeConfig,
  'AWS::Lambda::EventSourceMapping': lambda.eventSourceMapping,
  'AWS::Lambda::Function': lambda.lambdaFunction,
  'AWS::Lambda::Permission': lambda.permission,
  'AWS::Logs::LogGroup': bystanders.logGroup,
  'AWS::Scheduler::Schedule': scheduler.schedule,
  'AWS::Scheduler::ScheduleGroup': scheduler.scheduleGroup,
  'AWS::SNS::Subscription': bystanders.subscription,
  'AWS::SNS::Topic': bystanders.topic,
  'AWS::SNS::TopicPolicy': bystanders.topicPolicy,
  'AWS::SQS::Queue': sqs.queue,
  'AWS::SQS::QueuePolicy': sqs.queuePolicy,
};
