import { RemovalPolicy, Resource, Stack } from 'aws-cdk-lib';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { checkGrantedTunnels, checkSecretPrefix } from './checks';
import { ConnectGrantOptions, TokenGrantOptions } from './grant-options';
import { ITunnelTokenRotator, TunnelTokenRotatorAttributes } from './rotator-interface';
import { DisconnectSource } from './signals/disconnect-source';
import { grantSignals } from './signals/signal-grant';
import { SignalPermission } from './signals/signal-target';
import { TokenSecrets } from './storage/token-secrets';

/** What a rotator listens to unless somebody says otherwise. */
export const defaultSources = (): DisconnectSource[] => [DisconnectSource.mqtt(), DisconnectSource.eventBridge()];

/**
 * Names and grants, which are the same for a rotator of this app and for one of another.
 * @internal
 */
export abstract class RotatorBase extends Resource implements ITunnelTokenRotator {
  public abstract readonly secretPrefix: string;

  /** @internal */
  protected abstract readonly _secrets: TokenSecrets;

  /** @internal */
  protected abstract readonly _signalPermissions: SignalPermission[];

  /**
   * Not for a rotator: what it keeps is told by the prop `removalPolicy`, which its secrets follow too.
   *
   * @param _policy in vain
   * @throws always
   */
  public override applyRemovalPolicy(_policy: RemovalPolicy): void {
    throw new Error(`the removal policy of ${this.node.path} is its prop removalPolicy, which its secrets follow too; `
      + 'RemovalPolicies.of() reaches single resources');
  }

  /**
   * Name of the secret that holds a tunnel's source token: `<secretPrefix>/<tunnelId>/source`. A `:` in the tunnel id, which
   * a secret name cannot hold, becomes a `.`.
   *
   * @param tunnelId as OpenTunnel returned it
   */
  public sourceSecretName(tunnelId: string): string {
    return this._secrets.nameFor(tunnelId);
  }

  /**
   * Lets somebody read source tokens, and decrypt them if they have a key of their own. It is the reader's own policy that gets the right, so readers
   * of another account, and those without a policy, need a role of the rotator's account that they may assume: a warning tells.
   *
   * @param grantee who reads
   * @param options which tokens
   * @throws if an option is no tunnel id, or no pattern of thing names
   */
  public grantReadToken(grantee: IGrantable, options: TokenGrantOptions = {}): Grant {
    checkGrantedTunnels(options);
    return this._secrets.grantRead(grantee, options);
  }

  /**
   * Lets somebody signal drops and ask for tokens: about all tunnels through any of the disconnect sources, about one tunnel or thing through those that
   * IAM can limit to it, which are the topics of `DisconnectSource.mqtt`.
   *
   * @param grantee who signals
   * @param options about which tunnels
   * @throws if an option is no tunnel id, or no pattern of thing names
   */
  public grantSignal(grantee: IGrantable, options: TokenGrantOptions = {}): Grant {
    checkGrantedTunnels(options);
    return grantSignals(this, grantee, this._signalPermissions, options);
  }

  /**
   * Lets somebody keep a source connected: read its tokens, look at its tunnel, signal its drops and ask for tokens. The options hold for all of it,
   * but for looking and closing: IAM knows no thing of a tunnel, so `thingName` alone shows the state of every tunnel, and with `openTunnels` closes any.
   * Unless it is about one tunnel, that includes finding the open tunnels, of all things: IAM knows no narrower right.
   *
   * @exampleMetadata fixture=in-stack
   * @example
   * rotator.grantConnect(operators, { tunnelId: '9f2c1d7e-3b54-4a36-8d2f-5a0c6f1e7b90' });
   * @param grantee who runs the source
   * @param options which tunnels, and whether they may be opened
   * @throws if an option is no tunnel id, or no pattern of thing names; if `tagTunnels` is given without `openTunnels`
   */
  public grantConnect(grantee: IGrantable, options: ConnectGrantOptions = {}): Grant {
    const { tunnelId, thingName = '*', openTunnels = false, tagTunnels = false } = options;
    if (tagTunnels && !openTunnels) throw new Error('tagTunnels needs openTunnels, as tunnels get their tags when they are opened, but it is not set');
    const arn = (resource: string, resourceName: string) => Stack.of(this).formatArn({ service: 'iot', resource, resourceName });
    const allow = (actions: string[], ...resourceArns: string[]) => Grant.addToPrincipal({ grantee, actions, resourceArns });
    const [tunnel, anyTunnel] = [arn('tunnel', tunnelId ?? '*'), arn('tunnel', '*')];
    return this.grantReadToken(grantee, options)
      .combine(allow(['iot:DescribeTunnel'], tunnel))
      .combine(tunnelId === undefined ? allow(['iot:ListTunnels'], '*') : Grant.drop(grantee, 'one tunnel need not be found'))
      .combine(openTunnels ? allow(['iot:OpenTunnel'], anyTunnel, arn('thing', thingName)) : Grant.drop(grantee, 'not asked for'))
      .combine(tagTunnels ? allow(['iot:TagResource'], anyTunnel) : Grant.drop(grantee, 'not asked for'))
      .combine(openTunnels ? allow(['iot:CloseTunnel'], tunnel) : Grant.drop(grantee, 'not asked for'))
      .combine(this.grantSignal(grantee, { tunnelId, thingName: options.thingName }));
  }
}

/** Nothing but what the other app said of it. */
export class ImportedRotator extends RotatorBase {
  public readonly secretPrefix: string;
  protected readonly _secrets: TokenSecrets;
  protected readonly _signalPermissions: SignalPermission[];

  constructor(scope: Construct, id: string, { secretPrefix, encryptionKey, disconnectSources = defaultSources() }: TunnelTokenRotatorAttributes) {
    super(scope, id);
    checkSecretPrefix(secretPrefix);
    this.secretPrefix = secretPrefix;
    this._secrets = new TokenSecrets(this, secretPrefix, encryptionKey);
    this._signalPermissions = disconnectSources.flatMap((source) => source.signalPermissions(this));
  }
}
