import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { sourceSecretName } from './runtime-contract';

/** The secrets that hold source tokens: their names and ARNs. They come and go with their tunnels, at run time. */
export class TokenSecrets {
  constructor(private readonly scope: Construct, readonly prefix: string) {}

  nameFor(tunnelId: string): string {
    return sourceSecretName(this.prefix, tunnelId);
  }

  /** Every source secret under the prefix; the tail stands for the characters that Secrets Manager adds to each ARN. */
  get arnPattern(): string {
    return Stack.of(this.scope).formatArn({ service: 'secretsmanager', resource: `secret:${this.prefix}/*/source-*` });
  }
}
