import type { Behaviour } from '../../local-cloud/tunneling/behaviour';
import type { LocalCloudOptions } from '../../local-cloud/cloud';
import { synthesizeApp } from '../support/assembly';
import { World } from '../support/world';

let assembly: string;
let world: World | undefined;
beforeAll(() => { assembly = synthesizeApp(); });
afterEach(async () => { await world?.end(); });

/** Whatever AWS does where its documentation is silent, the same story must end well. */
const UNKNOWNS: [string, Partial<Behaviour>, LocalCloudOptions?][] = [
  ['Rotate moves lastUpdatedAt', { rotateMovesLastUpdatedAt: true }],
  ['Rotate leaves lastUpdatedAt alone', { rotateMovesLastUpdatedAt: false }],
  ['Rotate kicks a connected side', { rotateKicksConnected: true }],
  ['Rotate leaves a connected side alone', { rotateKicksConnected: false }],
  ['a kicked side shows DISCONNECTED three seconds late', { kickShowsDisconnectedAfterMs: 3_000 }],
  ['a kicked side shows it late and Rotate moves lastUpdatedAt', { kickShowsDisconnectedAfterMs: 3_000, rotateMovesLastUpdatedAt: true }],
  ['every drop shows late', { cleanDropDelayMs: 30_000, resetDropDelayMs: 30_000, silentDropDelayMs: 30_000 }],
  ['timestamps are whole seconds', { timestampResolutionMs: 1_000 }],
  ['a silent drop shows after ten minutes', { silentDropDelayMs: 600_000 }],
  ['a side that never connected has no lastUpdatedAt', { neverConnectedLastUpdatedAt: 'missing' }],
  ['a side that never connected shows the creation', { neverConnectedLastUpdatedAt: 'createdAt' }],
  ['a side that never connected shows a little later', { neverConnectedLastUpdatedAt: 'later' }],
  ['Rotate before the first connect works', { rotateBeforeFirstConnect: 'works' }],
  ['Rotate before the first connect is refused', { rotateBeforeFirstConnect: 'refused' }],
  ['a secret that is not there is called forbidden', {}, { missingSecrets: 'access-denied' }],
];

describe.each(UNKNOWNS)('GIVEN %s', (_, behaviour, options) => {
  it('WHEN a source uses its first token late, drops, drops silently and drops unnoticed THEN it is back each time', async () => {
    world = await World.begin(assembly, { ...options, tunneling: behaviour });
    const tunnel = await world.openTunnel();
    await world.sweep();
    await world.advance(60_000);
    await world.sweep(); // a token that waits for its first use is left alone
    await tunnel.connect();

    await tunnel.drop();
    await tunnel.signal(); // a hint
    await world.advance(35_000);
    await world.sweep();
    await tunnel.reconnect();

    await tunnel.vanish();
    await tunnel.signal({ proof: tunnel.proof }); // a proof
    await tunnel.reconnect();
    await world.advance(20_000); // whatever shows late has shown
    expect(await tunnel.works()).toBe(true);

    await tunnel.cut();
    await world.advance(35_000);
    await world.sweep(); // nobody
    await tunnel.reconnect();
    await world.advance(90_000);
    await world.sweep();

    expect(await tunnel.works()).toBe(true);
    expect(tunnel.record.rotations).toBe(3);
    const { denied, leaks } = await world.check();
    expect(leaks).toEqual([]);
    // The one denial that means "not there", where AWS says it so.
    expect(denied.filter((call) => !(options?.missingSecrets && /secretsmanager:(Describe|Put)Secret/.test(call)))).toEqual([]);
  });
});
