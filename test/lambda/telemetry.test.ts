import { DependencyError } from '../../lambda/domain/errors';
import { Confidential } from '../../lib/confidential';
import type { Outcome, Signal } from '../../lambda/domain/vocabulary';
import { Telemetry } from '../../lambda/telemetry';

const signal: Signal = { tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', proof: new Confidential('the-live-proof'), since: 1, attempt: 2 };
let lines: Record<string, unknown>[];

beforeEach(() => {
  // Sends logs and metrics through the global console, where a test can listen.
  process.env.POWERTOOLS_DEV = 'true';
  process.env.POWERTOOLS_METRICS_DISABLED = 'false';
  lines = [];
  for (const level of ['debug', 'info', 'warn', 'error', 'log'] as const) {
    jest.spyOn(console, level).mockImplementation((...[line]: unknown[]) => { lines.push(JSON.parse(String(line))); });
  }
});
afterEach(() => {
  delete process.env.POWERTOOLS_DEV;
  delete process.env.POWERTOOLS_METRICS_DISABLED;
  jest.restoreAllMocks();
});

/** What one invocation that did this writes. */
async function written(work: (telemetry: Telemetry) => void) {
  const telemetry = new Telemetry('my-rotator');
  work(telemetry);
  await telemetry.flush();
  const metrics = Object.assign({}, ...lines.filter((line) => '_aws' in line));
  return { metrics, logs: lines.filter((line) => !('_aws' in line)), text: JSON.stringify(lines) };
}

describe('telemetry', () => {
  it.each<[string, Outcome, object]>([
    ['a rotation', { kind: 'rotated', side: 'source', generation: 2, recoveryTime: 850, committed: true }, { Rotations: 1, RecoveryTime: 850 }],
    ['a hold', { kind: 'held', side: 'source', reason: 'connected' }, { RotationsHeld: 1 }],
    ['flapping', { kind: 'held', side: 'source', reason: 'flapping' }, { RotationsHeld: 1, RotationsHeldFlapping: 1 }],
    ['a lost race', { kind: 'held', side: 'source', reason: 'claimed' }, { RotationsHeld: 1, RotationsHeldClaimed: 1 }],
    ['an ended tunnel', { kind: 'retired', side: 'source', reason: 'tunnel-closed' }, { TunnelsRetired: 1 }],
  ])('GIVEN %s THEN it counts it, under the deployment\'s name', async (_, outcome, metrics) => {
    expect((await written((telemetry) => telemetry.recovered(signal, outcome))).metrics).toMatchObject({ service: 'my-rotator', ...metrics });
  });

  it('GIVEN a malformed signal THEN its fault is logged', async () => {
    const { metrics, logs } = await written((telemetry) => telemetry.malformed('tunnel-id-invalid', 'message-1'));
    expect(metrics).toMatchObject({ SignalsMalformed: 1 });
    expect(logs).toEqual([expect.objectContaining({ level: 'WARN', fault: 'tunnel-id-invalid', messageId: 'message-1' })]);
  });

  it('GIVEN a refusal THEN the line says which call and why, and access denied is counted apart', async () => {
    const { metrics, logs } = await written((telemetry) =>
      telemetry.failed(signal, new DependencyError('SecretsManager.PutSecretValue', 'access-denied', 'AccessDeniedException', true)));
    expect(metrics).toMatchObject({ RotationFailures: 1, AccessDenied: 1 });
    expect(logs[0]).toMatchObject({ level: 'ERROR', tunnelId: 't', call: 'SecretsManager.PutSecretValue', code: 'AccessDeniedException' });
  });

  it('GIVEN any error at all THEN neither its message, nor the proof, nor a cause is written', async () => {
    const leaky = new TypeError('cannot read LOCALCAT-token', { cause: { body: 'LOCALCAT-token' } });
    const { text } = await written((telemetry) => {
      telemetry.failed(signal, leaky);
      telemetry.announcementFailed('t', leaky);
      telemetry.observationFailed('t', 'LOCALCAT-token');
      telemetry.recovered(signal, { kind: 'rotated', side: 'source', generation: 1, recoveryTime: 1, committed: false });
    });
    expect(text).not.toMatch(/LOCALCAT|the-live-proof/);
  });

  it('GIVEN a sweep THEN its report is logged and counted', async () => {
    const { metrics } = await written((telemetry) => telemetry.swept({ swept: 7, suspicious: 1, finished: false, oldestLook: 61_400 }));
    expect(metrics).toMatchObject({ SweepsCompleted: 1, TunnelsSwept: 7, TunnelsSuspicious: 1, OldestLook: 61 });
  });

  it('GIVEN a sweep that found nothing to do THEN only its completion is counted, since each metric costs money', async () => {
    const { metrics } = await written((telemetry) => telemetry.swept({ swept: 0, suspicious: 0, finished: true, oldestLook: 1_000 }));
    expect(metrics).toMatchObject({ SweepsCompleted: 1 });
    for (const name of ['TunnelsSwept', 'TunnelsSuspicious', 'OldestLook']) expect(metrics).not.toHaveProperty(name);
  });
});
