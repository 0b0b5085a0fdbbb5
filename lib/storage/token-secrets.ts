import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { Grant, IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { Wildcard } from '../functions/wildcards';
import { SECRET_TAGS, sourceSecretName } from '../runtime-contract';

const ABSENT = '';
/** AWS's own advice for a secret's ARN: six question marks for its random tail. `*` would also mean every name that begins alike. */
const PRESENT = '-??????';

/** The secrets that hold source tokens: names, ARNs, who may read. They come and go with their tunnels, at run time. */
export class TokenSecrets {
  constructor(
    private readonly scope: Construct, readonly prefix: string, readonly encryptionKey?: IKey, readonly tags?: Readonly<Record<string, string>>,
  ) {}

  nameFor(tunnelId: string): string {
    return sourceSecretName(this.prefix, tunnelId);
  }

  /**
   * Every source secret under the prefix, for writing: with the tail that Secrets Manager adds to the ARN of a secret that is there, and
   * without, because a call about one that is not there (any more) is judged by its bare name.
   */
  get arnPatterns(): string[] {
    return [ABSENT, PRESENT].map((tail) => this.arnOf(`${this.prefix}/*/source${tail}`));
  }

  get wildcards(): Wildcard[] {
    return this.arnPatterns.map((pattern) => [pattern, 'Secrets come and go with their tunnels; the pattern ends below the prefix of this rotator']);
  }

  /** What the writer of secrets needs of their key. */
  get keyStatements(): PolicyStatement[] {
    if (!this.encryptionKey) return [];
    const { keyArn } = this.encryptionKey;
    return [new PolicyStatement({
      sid: 'UseTokenKey',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: [keyArn],
      conditions: this.throughSecretsManager,
    })];
  }

  grantRead(grantee: IGrantable, { tunnelId, thingName }: { tunnelId?: string; thingName?: string }): Grant {
    const name = tunnelId === undefined ? `${this.prefix}/*/source` : this.nameFor(tunnelId);
    const read = Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
      resourceArns: [this.arnOf(`${name}${PRESENT}`)],
      conditions: thingName === undefined ? undefined : { StringLike: { [`secretsmanager:ResourceTag/${SECRET_TAGS.thing}`]: thingName } },
    });
    warnOfReader(this.scope, grantee, read, this.encryptionKey);
    if (!this.encryptionKey) return read;
    return read.combine(Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt'],
      resourceArns: [this.encryptionKey.keyArn],
      conditions: this.throughSecretsManager,
    }));
  }

  /** Pattern of the ARNs of secrets whose name and tail look like this. */
  arnOf(nameAndTail: string): string {
    return Stack.of(this.scope).formatArn({ service: 'secretsmanager', resource: `secret:${nameAndTail}` });
  }

  /** The key is of use through Secrets Manager only, so what a role may do there bounds what it may decrypt. */
  private get throughSecretsManager() {
    return { StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this.scope).region}.amazonaws.com` } };
  }
}

const KEY_POLICY = "a statement in the key's policy for that principal";
const OWN_KEY = 'a key of your own, as aws/secretsmanager is of use in its own account only';

/** The secrets come into being at run time, without a resource policy, so a right in the reader's own policy is all that anybody can be given. */
function warnOfReader(rotator: Construct, { grantPrincipal }: IGrantable, read: Grant, key: IKey | undefined): void {
  const { account } = Stack.of(rotator);
  const { principalAccount } = grantPrincipal;
  const abroad = principalAccount !== undefined && ![principalAccount, account].some((each) => Token.isUnresolved(each)) && principalAccount !== account;
  if (read.success && !abroad) return;
  const why = abroad
    ? `is of account ${principalAccount}, and the secrets of account ${account} let nobody in from elsewhere: what is missing is a resource policy on each `
      + `secret, which come into being at run time and get none, and ${key ? KEY_POLICY : OWN_KEY}`
    : 'has no policy that a right could be added to';
  Annotations.of(rotator).addWarningV2('cdk-tunnel-token-rotator:readerOutsideAccount',
    `grantReadToken gave ${grantPrincipal} nothing that works: it ${why}. `
    + "Grant it to a role of the rotator's account instead, which that principal may assume.");
}
