import { IResource } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ConnectGrantOptions, TokenGrantOptions } from './grant-options';
import { DisconnectSource } from './signals/disconnect-source';

/** A rotator, of this app or of another: what those who use its tokens need of it. */
export interface ITunnelTokenRotator extends IResource {
  /** Beginning of the names of all secrets that this rotator writes. */
  readonly secretPrefix: string;

  /**
   * Name of the secret that holds a tunnel's source token.
   *
   * @param tunnelId as OpenTunnel returned it
   */
  sourceSecretName(tunnelId: string): string;

  /**
   * Lets somebody read source tokens, and decrypt them if they have a key of their own.
   *
   * @param grantee who reads
   * @param options which tokens
   */
  grantReadToken(grantee: IGrantable, options?: TokenGrantOptions): Grant;

  /**
   * Lets somebody signal drops and ask for tokens.
   *
   * @param grantee who signals
   * @param options about which tunnels
   */
  grantSignal(grantee: IGrantable, options?: TokenGrantOptions): Grant;

  /**
   * Lets somebody keep a source connected: read its tokens, look at its tunnel, signal its drops and ask for tokens.
   *
   * @param grantee who runs the source
   * @param options which tunnels, and whether they may be opened
   */
  grantConnect(grantee: IGrantable, options?: ConnectGrantOptions): Grant;
}

/** What an app needs to know of a rotator that another app created. All of it must be as it is there. */
export interface TunnelTokenRotatorAttributes {
  /** Beginning of the names of all secrets that the rotator writes, its `secretPrefix`. */
  readonly secretPrefix: string;

  /**
   * The KMS key of its secrets, if they have one of their own. Its policy must let IAM decide, or name the readers.
   *
   * @default - the AWS managed key `aws/secretsmanager`
   */
  readonly encryptionKey?: IKey;

  /**
   * What the rotator listens to. Nothing is created for it here; it says what those who signal need.
   *
   * @default [DisconnectSource.mqtt(), DisconnectSource.eventBridge()]
   */
  readonly disconnectSources?: DisconnectSource[];
}
