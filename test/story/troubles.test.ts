import { CloseTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import { METRICS } from '../../lib/runtime-contract';
import { ConnectionLost } from '../../local-cloud/calls';
import { AwsError } from '../../local-cloud/service';
import { synthesizeApp } from '../support/assembly';
import { droppedAgain, worldForEachStory } from '../support/stories';
import type { Tunnel } from '../support/world';

const world = worldForEachStory(synthesizeApp, /secretsmanager:(Put|Create)Secret/);

/** Every call of this action is answered so, `times` times. @returns how often it was called, and what ends it */
function failing(action: string, how: () => Error, times = Infinity) {
  const failure = { calls: 0, end: () => undefined as unknown };
  failure.end = world().cloud.calls.intercept(async (call, proceed) => {
    if (call.action !== action) return proceed();
    failure.calls += 1;
    if (failure.calls <= times) throw how();
    return proceed();
  });
  return failure;
}

describe('GIVEN a tunnel that came back and ended', () => {
  it.each<[string, (tunnel: Tunnel) => Promise<unknown>]>([
    ['is closed', (tunnel) => tunnel.close()],
    ['is closed and deleted', ({ id }) => world().tunneling.send(new CloseTunnelCommand({ tunnelId: id, delete: true }))],
    ['expires', () => world().advance(12 * 3_600_000)],
    ['vanishes from AWS\'s memory while nobody looks', async (tunnel) => { await tunnel.close(); await world().advance(4 * 3_600_000); }],
  ])('WHEN it %s THEN neither its secret nor its row outlives the next sweep, and a second look', async (_, ending) => {
    const tunnel = await world().openTunnel();
    await tunnel.connect();
    await tunnel.recoverOnce();
    await ending(tunnel);
    await world().sweep();
    await world().advance(31_000);
    expect(await tunnel.secretExists()).toBe(false);
    await world().sweep();
    expect(world().cloud.metrics.sum(METRICS.retired)).toBe(1);
  });
});

describe('GIVEN somebody meddled with the secret', () => {
  it.each<[string, object]>([
    ['deleted it at once', { ForceDeleteWithoutRecovery: true }],
    ['scheduled its deletion', { RecoveryWindowInDays: 7 }],
  ])('WHEN he %s THEN the next drop brings it back', async (_, how) => {
    const tunnel = await droppedAgain(world());
    await world().secrets.send(new DeleteSecretCommand({ SecretId: tunnel.secretName, ...how }));
    await tunnel.signal({ proof: tunnel.proof });
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
  });
});

describe('GIVEN AWS has a bad day', () => {
  it('WHEN it throttles THEN the rotator waits a moment and goes on', async () => {
    const tunnel = await droppedAgain(world());
    for (const action of ['DescribeTunnel', 'RotateTunnelAccessToken', 'PutSecretValue', 'UpdateItem']) {
      failing(action, () => new AwsError('ThrottlingException', 'Rate exceeded'), 1);
    }
    await tunnel.signal({ proof: tunnel.proof });
    await world().advance(31_000);
    await tunnel.reconnect();
    expect(tunnel.record.kicks).toBe(0);
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN DescribeTunnel fails with 5xx THEN it is asked again, within the same invocation', async () => {
    const tunnel = await droppedAgain(world());
    failing('DescribeTunnel', () => new AwsError('InternalFailure', 'sorry', 500), 1);
    await tunnel.signal({ proof: tunnel.proof });
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
  });

  it.each(['RotateTunnelAccessToken', 'PutSecretValue'])(
    'WHEN the answer to %s is lost THEN it ends with a live token in the secret and no healthy connection disturbed', async (action) => {
      const tunnel = await droppedAgain(world());
      let lost = false;
      world().cloud.calls.intercept(async (call, proceed) => {
        const result = await proceed();
        if (call.action !== action || lost) return result;
        lost = true;
        throw new ConnectionLost();
      });
      await tunnel.signal({ proof: tunnel.proof });
      await world().advance(31_000);
      await tunnel.reconnect();
      await world().advance(60_000);
      expect(tunnel.record.kicks).toBe(0);
      expect(await tunnel.works()).toBe(true);
    });
});

describe('GIVEN a token that cannot be delivered', () => {
  it.each(['AccessDeniedException', 'LimitExceededException', 'EncryptionFailure'])(
    'WHEN Secrets Manager says %s for ten minutes THEN tokens are not burnt in a storm, and it heals when the trouble ends', async (code) => {
      const tunnel = await droppedAgain(world());
      const trouble = [failing('PutSecretValue', () => new AwsError(code, 'no')), failing('CreateSecret', () => new AwsError(code, 'no'))];
      await tunnel.signal({ proof: tunnel.proof });
      for (let minute = 0; minute < 10; minute += 1) {
        await world().advance(60_000);
        await world().sweep();
      }
      expect(tunnel.record.rotations).toBeLessThanOrEqual(1 + 12); // one delivered, and one try a minute
      expect(world().cloud.metrics.sum(METRICS.failures)).toBeGreaterThan(0);
      for (const { end } of trouble) end();
      await world().advance(60_000);
      await world().sweep();
      await tunnel.reconnect();
      expect(world().cloud.metrics.sum(METRICS.flapping)).toBe(0);
    });

  it('WHEN access is denied THEN that is counted apart, for the alarm', async () => {
    const tunnel = await droppedAgain(world());
    failing('PutSecretValue', () => new AwsError('AccessDeniedException', 'no'), 1);
    failing('CreateSecret', () => new AwsError('AccessDeniedException', 'no'), 1);
    await tunnel.signal({ proof: tunnel.proof });
    expect(world().cloud.metrics.sum(METRICS.accessDenied)).toBe(1);
  });
});
