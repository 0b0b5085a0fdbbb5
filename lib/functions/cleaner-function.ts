import { createHash } from 'crypto';
import { CfnElement, CustomResource, Duration, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct, IConstruct, RootConstruct } from 'constructs';
import { bundledFunction, FunctionSettings } from './bundled-function';
import { CLEANUP, ENV, SECRET_TAGS } from '../runtime-contract';
import { TokenSecrets } from '../storage/token-secrets';
import { acknowledgeInPacks, Wildcard } from './wildcards';

export interface SecretCleanupProps {
  readonly rotatorName: string;
  readonly ledger: ITable;
  readonly secrets: TokenSecrets;
  readonly settings: FunctionSettings;
}

/**
 * Deletes the secrets below a prefix when the prefix leaves the stack: a custom resource that does nothing until then. It is always there, also if
 * secrets are to stay, because CloudFormation deletes what leaves a template, and cannot know that it was only to do less from now on.
 * CloudFormation deletes a resource before those that it depends on, so the cleanup comes before the ledger that it reads.
 */
export class SecretCleanup extends Construct {
  readonly function: LambdaFunction;
  private readonly resource: CustomResource;

  constructor(scope: Construct, id: string, { rotatorName, ledger, secrets, settings }: SecretCleanupProps) {
    super(scope, id);
    const { removalPolicy = RemovalPolicy.DESTROY } = settings;
    const rights = deletionRights(this, secrets);
    this.function = bundledFunction(this, {
      bundle: 'cleaner',
      description: 'Deletes the tunnel token secrets of a stack that is deleted',
      timeout: Duration.minutes(15),
      rotatorName,
      ledger,
      ledgerActions: ['dynamodb:Scan'],
      environment: { [ENV.stackName]: Stack.of(this).stackName },
      statements: rights.statements,
      wildcards: rights.wildcards,
      // Outside any VPC: its answer goes to a bucket of CloudFormation's, and if there is no way out to that, stacks hang.
      settings: { ...settings, vpc: undefined, vpcSubnets: undefined, securityGroups: undefined },
    });
    acknowledgeInPacks(this.function, 'LambdaInsideVPC', 'Its answer goes to a bucket of CloudFormation\'s; if there is no way out to that, stacks hang');
    acknowledgeInPacks(this.function, 'LambdaDLQ', 'CloudFormation waits for its answer, and tells whoever deletes the stack when there is none');
    this.resource = new CustomResource(this, 'Secrets', {
      resourceType: 'Custom::TunnelTokenCleanup',
      serviceToken: this.function.functionArn,
      // The function's time, and some for Lambda to start it.
      serviceTimeout: Duration.minutes(20),
      properties: { SecretPrefix: secrets.prefix, Secrets: removalPolicy === RemovalPolicy.DESTROY ? CLEANUP.destroy : CLEANUP.keep },
    });
    this.takePlaceOf(secrets.prefix);
  }

  /** The one that makes secrets is deleted first, so that none comes into being behind the cleanup. */
  outlive(maker: IConstruct): void {
    maker.node.addDependency(this.resource);
  }

  /**
   * CloudFormation knows a resource by its logical id alone. Those of the cleanup follow the prefix, not the construct's path: whoever renames the
   * construct and pins the prefix keeps the cleanup, and whoever changes the prefix makes another one, with a role of its own, while the former
   * one goes at the end of the update, and takes the secrets along that nobody would look for any more.
   */
  private takePlaceOf(prefix: string): void {
    const place = placeOf(Stack.of(this), prefix);
    const depth = this.node.scopes.length;
    for (const element of this.node.findAll()) {
      if (CfnElement.isCfnElement(element)) element.overrideLogicalId(logicalIdAt([...place, ...element.node.scopes.slice(depth).map(({ node }) => node.id)]));
    }
  }
}

/** Path of the cleanup of a prefix: for the default prefix of a rotator right below the stack, the one that it has there anyway. */
function placeOf(stack: Stack, prefix: string): string[] {
  if (Token.isUnresolved(prefix)) return ['SecretCleanup', digest(JSON.stringify(stack.resolve(prefix)))];
  const [start, rest] = [`tunnel-tokens/${stack.stackName}-`, prefix.slice(`tunnel-tokens/${stack.stackName}-`.length)];
  return prefix.startsWith(start) && /^[a-zA-Z0-9_]+$/.test(rest) ? [rest, 'SecretCleanup'] : ['SecretCleanup', digest(prefix)];
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** The logical id that a resource at this path of a stack gets. */
function logicalIdAt(path: string[]): string {
  return Names.uniqueId(path.reduce<Construct>((scope, id) => new Construct(scope, id), new RootConstruct()));
}

function deletionRights(scope: Construct, secrets: TokenSecrets): { statements: PolicyStatement[]; wildcards: Wildcard[] } {
  const statements = [
    new PolicyStatement({ sid: 'DeleteSecrets', actions: ['secretsmanager:DeleteSecret'], resources: secrets.arnPatterns }),
    // It knows no resource. It shows names and tags, no values.
    new PolicyStatement({ sid: 'ListSecrets', actions: ['secretsmanager:ListSecrets'], resources: ['*'] }),
  ];
  const wildcards: Wildcard[] = [...secrets.wildcards, ['*', 'ListSecrets knows no resource; it shows names and tags, no values']];
  if (!Token.isUnresolved(secrets.prefix)) return { statements, wildcards };
  // The value that was deployed before is known to nobody at synth; the tag says whose the secrets are.
  const former = secrets.arnOf('*/source-??????');
  statements.push(new PolicyStatement({
    sid: 'DeleteSecretsOfFormerPrefix',
    actions: ['secretsmanager:DeleteSecret'],
    resources: [former],
    conditions: { StringEquals: { [`secretsmanager:ResourceTag/${SECRET_TAGS.stack}`]: Stack.of(scope).stackName } },
  }));
  return { statements, wildcards: [...wildcards, [former, 'The former prefix is known to nobody at synth; the tag says whose the secrets are']] };
}
