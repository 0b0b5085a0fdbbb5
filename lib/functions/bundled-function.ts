import * as path from 'path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import {
  ApplicationLogLevel, Architecture, CfnFunction, Code, Function as LambdaFunction, LoggingFormat, RecursiveLoop, Runtime, RuntimeFamily, Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../runtime-contract';
import { checkEnvironment, checkPolicy } from './limits';
import { narrowRole } from './narrow-role';
import { acknowledge, acknowledgeInPacks, Wildcard } from './wildcards';

/** What the operator decides for all functions alike; see `TunnelTokenRotatorProps`. */
export interface FunctionSettings {
  readonly architecture?: Architecture;
  readonly tracing?: Tracing;
  readonly logRetention?: RetentionDays;
  readonly logEncryptionKey?: IKey;
  readonly logLevel?: ApplicationLogLevel;
  readonly memorySize?: number;
  readonly managedPolicies?: boolean;
  readonly removalPolicy?: RemovalPolicy;
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

export interface BundledFunctionProps {
  /** Folder below `assets/`. */
  readonly bundle: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly rotatorName: string;
  readonly ledger: ITable;
  /** What it does to the ledger, for example `dynamodb:Scan`. */
  readonly ledgerActions: string[];
  /** What it is told besides its name and its ledger. */
  readonly environment: Record<string, string>;
  /** All that the function may do, but for what every function needs: its ledger, its log, its VPC. */
  readonly statements: PolicyStatement[];
  readonly wildcards: Wildcard[];
  readonly settings: FunctionSettings;
  /** @default RecursiveLoop.TERMINATE */
  readonly recursiveLoop?: RecursiveLoop;
}

/** A function whose code ships with this package, with its own role and log group, all directly below `scope`. */
export function bundledFunction(scope: Construct, props: BundledFunctionProps): LambdaFunction {
  const { settings, ledger } = props;
  const environment = { [ENV.rotator]: props.rotatorName, [ENV.ledgerTable]: ledger.tableName, ...props.environment };
  checkEnvironment(scope, environment);
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: settings.logRetention ?? RetentionDays.ONE_MONTH,
    encryptionKey: settings.logEncryptionKey,
    removalPolicy: settings.removalPolicy ?? RemovalPolicy.DESTROY,
  });
  letLogsUse(scope, settings.logEncryptionKey);
  const traced = settings.tracing !== undefined && settings.tracing !== Tracing.DISABLED;
  const statements = [
    new PolicyStatement({ sid: 'UseLedger', actions: props.ledgerActions, resources: [ledger.tableArn] }),
    ...props.statements, writeLog(logGroup), ...(settings.vpc ? [joinVpc()] : []), ...(traced ? [sendTraces()] : []),
  ];
  checkPolicy(scope, statements, settings.managedPolicies);
  const role = narrowRole(scope, 'Role', {
    description: props.description,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    policyName: 'Access',
    statements,
    wildcards: [
      ...props.wildcards,
      ...(settings.vpc ? [['*', 'Lambda manages network interfaces in a VPC under names that nobody knows in advance'] as const] : []),
      ...(traced ? [['*', 'X-Ray knows no resources for the calls that send traces'] as const] : []),
    ],
    managed: settings.managedPolicies,
  });

  const bundled = new LambdaFunction(scope, 'Function', {
    description: props.description,
    code: Code.fromAsset(path.join(__dirname, '..', '..', 'assets', props.bundle)),
    handler: 'index.handler',
    // By name, because the oldest CDK that this package works with does not know it.
    runtime: new Runtime('nodejs24.x', RuntimeFamily.NODEJS),
    architecture: settings.architecture ?? Architecture.ARM_64,
    memorySize: settings.memorySize ?? 256,
    timeout: props.timeout,
    environment,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: settings.logLevel,
    recursiveLoop: props.recursiveLoop,
    vpc: settings.vpc,
    vpcSubnets: settings.vpcSubnets,
    securityGroups: settings.securityGroups,
  });
  // By the prop of the same name CDK would add a policy to the role, with a right that stands above.
  if (traced) (bundled.node.defaultChild as CfnFunction).tracingConfig = { mode: settings.tracing };
  acknowledgeInPacks(bundled, 'LambdaConcurrency',
    'What calls it bounds it: the queue by maxConcurrency, the schedule and CloudFormation one at a time. What is reserved is lacking elsewhere');
  acknowledge(bundled, 'AwsSolutions-L1', 'The bundle is for Node.js 24, which Lambda maintains; a new runtime comes with a new version of this package');
  return bundled;
}

/**
 * The key's policy has to name the service; which group it is for, the encryption context says.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function letLogsUse(scope: Construct, key: IKey | undefined): void {
  const stack = Stack.of(scope);
  key?.addToResourcePolicy(new PolicyStatement({
    principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: 'log-group:*' }) } },
  }));
}

/** Instead of the AWSLambdaBasicExecutionRole policy, which lets a function write to every log group of the account. */
const writeLog = (logGroup: LogGroup) => new PolicyStatement({
  sid: 'WriteLog',
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: [logGroup.logGroupArn],
});

/** https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html */
const sendTraces = () => new PolicyStatement({ sid: 'SendTraces', actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] });

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
const joinVpc = () => new PolicyStatement({
  sid: 'JoinVpc',
  actions: [
    'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
  ],
  resources: ['*'],
});
