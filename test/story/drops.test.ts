import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { hashOf } from '../../lambda/proof';
import { Confidential } from '../../lib/confidential';
import { METRICS } from '../../lib/runtime-contract';
import { synthesizeApp } from '../support/assembly';
import { connected, recovered, worldForEachStory } from '../support/stories';
import type { Tunnel } from '../support/world';

const world = worldForEachStory(synthesizeApp);

describe('GIVEN a source that dropped', () => {
  it.each<[string, (tunnel: Tunnel) => Promise<void>]>([
    ['its client says so over MQTT', (tunnel) => tunnel.signal()],
    ['somebody puts an event on the bus', (tunnel) => world().putEvent({ tunnelId: tunnel.id })],
    ['nobody says so and the sweep comes by', () => world().sweep()],
  ])('WHEN %s THEN one fresh token is delivered and the source is back', async (_, notice) => {
    const tunnel = await connected(world());
    await tunnel.drop();
    await notice(tunnel);
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 1, kicks: 0 });
    expect(world().cloud.metrics.sum(METRICS.rotations)).toBe(1);
  });

  it('WHEN the same signal comes three times at once and twice later THEN there is one rotation', async () => {
    const tunnel = await connected(world());
    await tunnel.drop();
    await Promise.all([tunnel.signal(), tunnel.signal(), world().putEvent({ tunnelId: tunnel.id })]);
    await tunnel.reconnect();
    await tunnel.signal();
    await world().advance(30_000);
    await tunnel.signal();
    await world().advance(120_000);
    expect(tunnel.record).toEqual({ rotations: 1, kicks: 0 });
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN the service still says connected THEN the proof is believed, and the service at last as well', async () => {
    const tunnel = await recovered(world());
    await tunnel.vanish();
    await tunnel.signal({ proof: tunnel.proof });
    await tunnel.reconnect();
    expect(tunnel.record.rotations).toBe(2);
  });

  it('WHEN it drops again right after it came back THEN a proof rotates at once and a hint when the delivery has settled', async () => {
    const tunnel = await recovered(world());
    await tunnel.cut();
    await tunnel.signal();
    expect(tunnel.record.rotations).toBe(1);
    await tunnel.signal({ proof: tunnel.proof });
    expect(tunnel.record.rotations).toBe(2);
    await tunnel.reconnect();
    await world().advance(1_000); // within the fence's second a drop without proof can't be told
    await tunnel.cut();
    await tunnel.signal();
    await world().advance(10_000);
    await tunnel.reconnect();
    expect(tunnel.record).toEqual({ rotations: 3, kicks: 0 });
  });

  it('WHEN two rotators see the same drop THEN the slower one loses the claim', async () => {
    const tunnel = await connected(world());
    await tunnel.drop();
    const first = world().cloud.calls.hold({ action: 'UpdateItem' }, 'before');
    const slow = tunnel.signal();
    await first.reached; // it has decided to rotate
    const faster = world().cloud.calls.next({ action: 'CreateSecret' });
    const fast = tunnel.signal();
    await faster; // another instance has done it meanwhile
    first.release();
    await Promise.all([slow, fast]);
    await tunnel.reconnect();
    await world().advance(60_000);
    expect(tunnel.record).toEqual({ rotations: 1, kicks: 0 });
    expect(world().cloud.metrics.sum(METRICS.claimed)).toBeGreaterThan(0);
    expect(await tunnel.works()).toBe(true);
  });
});

describe('GIVEN a healthy source', () => {
  it('WHEN somebody says that it dropped THEN it is left alone, however often we look again', async () => {
    const tunnel = await connected(world());
    await world().advance(20_000);
    await tunnel.signal();
    for (const pause of [2_000, 4_000, 8_000, 16_000, 32_000, 64_000]) await world().advance(pause + 1_000);
    await world().sweep();
    expect(tunnel.record).toEqual({ rotations: 0, kicks: 0 });
    expect(await tunnel.works()).toBe(true);
  });

  it.each<[string, (tunnel: Tunnel, oldProof?: string) => Promise<string | undefined>]>([
    ['a proof of an older version, late', async (_, oldProof) => oldProof],
    ['the version id, which the default event bus tells to everybody', async ({ secretName }) =>
      (await world().secrets.send(new GetSecretValueCommand({ SecretId: secretName }))).VersionId],
    ['the hash of the live proof, which lies in the ledger', async ({ proof }) => hashOf(new Confidential(proof!))],
  ])('WHEN somebody takes for a proof %s THEN it proves nothing', async (_, taken) => {
    const tunnel = await recovered(world());
    const oldProof = tunnel.proof;
    await tunnel.recoverOnce();
    await world().advance(20_000);
    await tunnel.signal({ proof: await taken(tunnel, oldProof) });
    await world().advance(120_000);
    expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN signals are forged or malformed THEN they are counted and dropped, and nothing is repeated in the logs', async () => {
    const tunnel = await connected(world());
    await world().advance(20_000);
    await world().publish('tunnels/00000000-0000-4000-8000-000000000000/disconnected', {});
    await world().publish('tunnels/no%20tunnel%20id/disconnected', {});
    await world().publish(`tunnels/${tunnel.id}/disconnected`, { proof: 'too-short', note: 'remember-me' });
    await world().putEvent({ note: 'remember-me' });
    expect(world().cloud.metrics.sum(METRICS.malformed)).toBe(3);
    expect(world().cloud.logs.lines.filter(({ text }) => text.includes('remember-me'))).toEqual([]);
    expect(tunnel.record).toEqual({ rotations: 0, kicks: 0 });
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN the tunnel was just opened and its token is not used yet THEN the operator can still use it', async () => {
    const tunnel = await world().openTunnel();
    await tunnel.signal();
    await world().sweep();
    await world().advance(90_000);
    await world().sweep();
    expect(tunnel.record).toEqual({ rotations: 0, kicks: 0 });
    await tunnel.connect();
  });
});

describe('GIVEN a tunnel that ended', () => {
  it('WHEN the sweep comes by THEN its secret and its row are gone', async () => {
    const tunnel = await recovered(world());
    await tunnel.close();
    await world().sweep();
    expect(await tunnel.secretExists()).toBe(false);
    expect(world().cloud.metrics.sum(METRICS.retired)).toBe(1);
    await world().sweep();
    expect(world().cloud.metrics.sum(METRICS.retired)).toBe(1);
  });
});

describe('GIVEN a flapping source', () => {
  it('WHEN its budget is empty THEN it waits, is announced, and comes back when a token is earned', async () => {
    const tunnel = await connected(world());
    for (let drop = 1; drop <= 10; drop += 1) await tunnel.recoverOnce();
    await tunnel.drop();
    await tunnel.signal({ proof: tunnel.proof });
    const rotationsAtOnce = tunnel.record.rotations;
    await world().advance(8 * 60_000);
    await tunnel.reconnect();
    expect([rotationsAtOnce, tunnel.record.rotations]).toEqual([10, 11]);
    expect(world().cloud.events.map(({ event }) => event['detail-type'])).toContain('Rotation Held');
  });
});
