import { Bucket } from '../bucket';
import type { Clock } from '../clock';
import { AwsError, type Action } from '../service';
import type { Behaviour } from './behaviour';

const QUOTAS: Readonly<Record<string, keyof Behaviour & `${string}QuotaPerSecond`>> = {
  DescribeTunnel: 'describeQuotaPerSecond',
  ListTunnels: 'listQuotaPerSecond',
  OpenTunnel: 'openQuotaPerSecond',
  CloseTunnel: 'closeQuotaPerSecond',
  RotateTunnelAccessToken: 'rotateQuotaPerSecond',
};

/** The same actions, each with a quota of its own: a second's worth at once, then as many a second. */
export function underQuota(behaviour: Behaviour, clock: Clock, actions: Readonly<Record<string, Action>>): Record<string, Action> {
  const entries = Object.entries(actions);
  return Object.fromEntries(entries.map(([name, action]) => [name, name in QUOTAS ? limited(behaviour, clock, QUOTAS[name], action) : action]));
}

function limited(behaviour: Behaviour, clock: Clock, quota: keyof Behaviour & `${string}QuotaPerSecond`, action: Action): Action {
  const bucket = new Bucket();
  return (call) => {
    const perSecond = behaviour[quota];
    if (perSecond === Infinity) return action(call);
    if (!bucket.take(perSecond, Math.max(1, perSecond), clock.now())) throw new AwsError('ThrottlingException', 'Rate exceeded');
    return action(call);
  };
}
