import { App, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, EventField, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';

const CACHE = path.join(__dirname, '..', '..', 'node_modules', '.cache');

/** Where the handlers of the fixtures find the SDK, without being bundled; it goes when the tests end. */
export function assemblyDirectory(): string {
  mkdirSync(CACHE, { recursive: true });
  const directory = mkdtempSync(path.join(CACHE, 'local-cloud-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Synthesizes what `build` makes; the directory goes when the tests end. */
export function synthesize(build: (stack: Stack) => void, stackName = 'Small'): string {
  const outdir = assemblyDirectory();
  const app = new App({ outdir, context: { 'aws:cdk:disable-asset-staging': false }, analyticsReporting: false });
  build(new Stack(app, stackName));
  app.synth();
  return outdir;
}

/** A function that does as it is told (see `fixtures/handler`), with a queue in front of it. */
export function obedient(stack: Stack): void {
  const handler = new LambdaFn(stack, 'Obedient', {
    runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromAsset(path.join(__dirname, 'fixtures', 'handler')),
    timeout: Duration.seconds(5), environment: { COLOR: 'red' }, retryAttempts: 1,
  });
  handler.addToRolePolicy(new PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'], resources: [stack.formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: 'allowed/*', arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
  }));
  const dead = new Queue(stack, 'Dead');
  const queue = new Queue(stack, 'Jobs', { visibilityTimeout: Duration.seconds(30), deadLetterQueue: { queue: dead, maxReceiveCount: 2 } });
  handler.addEventSource(new SqsEventSource(queue, { batchSize: 5, maxConcurrency: 2, reportBatchItemFailures: true }));
}

/** Rules of EventBridge and IoT in front of a queue `Inbox`; what goes wrong ends in `Dead`. */
export function signals(stack: Stack): void {
  const dead = new Queue(stack, 'Dead');
  const inbox = new Queue(stack, 'Inbox');
  const handler = new LambdaFn(stack, 'Swept', {
    runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromAsset(path.join(__dirname, 'fixtures', 'handler')),
  });
  new Rule(stack, 'Scheduled', { schedule: Schedule.rate(Duration.minutes(1)), targets: [new LambdaFunction(handler)] });
  new Rule(stack, 'Matching', {
    eventPattern: { source: ['test'], detailType: [{ prefix: 'Tunnel ' }] as never },
    targets: [new SqsQueue(inbox, { message: RuleTargetInput.fromObject({ id: EventField.fromPath('$.detail.id'), via: 'events' }) })],
  });
  const role = new Role(stack, 'TopicRole', { assumedBy: new ServicePrincipal('iot.amazonaws.com') });
  inbox.grantSendMessages(role);
  dead.grantSendMessages(role);
  const forbidden = new Queue(stack, 'Forbidden');
  const sqs = (target: Queue) => ({ sqs: { queueUrl: target.queueUrl, roleArn: role.roleArn } });
  const rule = (id: string, filter: string, actions: Queue[], errors: Queue) => new CfnTopicRule(stack, id, {
    topicRulePayload: { sql: `SELECT topic(2) AS id, 'mqtt' AS via FROM '${filter}'`, awsIotSqlVersion: '2016-03-23', actions: actions.map(sqs), errorAction: sqs(errors) },
  });
  rule('Topic', 'things/+/gone', [inbox], dead).node.addDependency(role);
  rule('BrokenTopic', 'broken/+/gone', [forbidden], inbox).node.addDependency(role);
}
