import { PretendedQueue } from '../../simulation/queue';
import { Scheduler, START, Strand } from '../../simulation/scheduler';
import { Tunneling, type TunnelWatch } from '../../simulation/tunneling';
import { PretendedVault } from '../../simulation/vault';

const SECOND = 1_000;
const forSeconds = async (scheduler: Scheduler, seconds: number) => {
  const end = scheduler.now + seconds * SECOND;
  scheduler.at(end, () => undefined);
  await scheduler.run(() => scheduler.now >= end);
};

describe('virtual time', () => {
  it('GIVEN actions planned in any order THEN they run in the order of their times', async () => {
    const scheduler = new Scheduler();
    const ran: number[] = [];
    for (const delay of [5, 1, 3, 2, 4, 1]) scheduler.after(delay, () => ran.push(scheduler.now - START));
    await scheduler.run(() => false);
    expect(ran).toEqual([1, 1, 2, 3, 4, 5]);
  });

  it('GIVEN code that waits for something else than a port THEN that is an error, not a hang', async () => {
    const scheduler = new Scheduler();
    scheduler.after(1, () => scheduler.resume(new Strand('stuck', 'nobody')));
    await expect(scheduler.run(() => false)).rejects.toThrow('no port of the simulation');
  });
});

describe('the pretended queue', () => {
  it('GIVEN a message that nobody deletes THEN it comes back after 30 s, five times in all, and goes to the dead letters', async () => {
    const scheduler = new Scheduler();
    const seen: number[] = [];
    const buried: string[] = [];
    const queue: PretendedQueue = new PretendedQueue(scheduler, () => {
      if (queue.receive(() => 0)) seen.push((scheduler.now - START) / SECOND);
    }, ({ name }) => buried.push(name));
    queue.send('m', '{}', 1_200);
    await scheduler.run(() => false);
    expect(seen).toEqual([2, 32, 62, 92, 122]);
    expect([queue.deadLetters, queue.size, buried]).toEqual([1, 0, ['m']]);
  });
});

describe('the pretended vault', () => {
  const day = 24 * 3_600 * SECOND;

  it('GIVEN 100 versions within a day WHEN another comes THEN it is refused until the first is a day old', () => {
    const vault = new PretendedVault();
    for (let index = 0; index < 100; index++) vault.put('t', `v${index}`, `text ${index}`, index);
    expect(() => vault.put('t', 'v100', 'text', 1_000)).toThrow('LimitExceededException');
    vault.put('t', 'v100', 'text', day + 1);
    expect(vault.secrets.get('t')?.current).toBe('v100');
  });

  it('GIVEN a version WHEN it is put again THEN nothing changes, and another value for it is refused', () => {
    const vault = new PretendedVault();
    vault.put('t', 'v1', 'one', 0);
    vault.put('t', 'v2', 'two', 1);
    vault.put('t', 'v1', 'one', 2);
    expect(vault.secrets.get('t')?.current).toBe('v2');
    expect(() => vault.put('t', 'v1', 'other', 3)).toThrow('ResourceExistsException');
  });

  it('GIVEN a secret that was deleted a moment ago THEN its name is not free', () => {
    const vault = new PretendedVault();
    vault.put('t', 'v1', 'one', 0);
    vault.destroy('t', 1);
    expect(() => vault.put('t', 'v2', 'two', 2)).toThrow('InvalidRequestException');
    expect(vault.secrets.size).toBe(0);
  });
});

describe('the pretended tunneling', () => {
  const calm = {
    rotateMovesTimestamp: false, rotateKicks: true, kickShowsAfter: 3 * SECOND, silentDropShowsAfter: 20 * SECOND, cleanDropShowsAfter: 0,
    firstTimestampAfter: undefined, rotateWorksBeforeFirstConnect: true, timestampResolution: 1, staleReads: 0,
  };
  function opened(over: Partial<typeof calm> = {}) {
    const scheduler = new Scheduler();
    const happened: string[] = [];
    const watch: TunnelWatch = {
      connected: () => happened.push('connected'), dropped: (_, _side, how) => happened.push(how), ended: () => happened.push('ended'),
      shows: (_, _side, late) => late && happened.push('shown late'),
    };
    const tunneling = new Tunneling(scheduler, { ...calm, ...over }, watch);
    const tunnel = tunneling.open(0, 't', 3_600 * SECOND);
    const shown = () => tunnel.source.shown.status;
    return { scheduler, happened, tunneling, tunnel, shown };
  }

  it('GIVEN a token THEN it connects once', () => {
    const { tunneling, tunnel } = opened();
    const token = tunnel.source.live;
    expect([tunneling.connect(tunnel, token), tunneling.connect(tunnel, token)]).toEqual(['connected', 'refused']);
  });

  it('GIVEN a silent drop THEN it shows late', async () => {
    const { scheduler, tunneling, tunnel, shown } = opened();
    tunneling.connect(tunnel, tunnel.source.live);
    tunneling.drop(tunnel, 'silent');
    await forSeconds(scheduler, 19);
    expect(shown()).toBe('CONNECTED');
    await forSeconds(scheduler, 2);
    expect(shown()).toBe('DISCONNECTED');
  });

  it('GIVEN Rotate kicks THEN the old connection ends at once, which shows late unless a new one is made before', async () => {
    const { scheduler, happened, tunneling, tunnel, shown } = opened();
    tunneling.connect(tunnel, tunnel.source.live);
    tunneling.rotate('t');
    expect(happened).toEqual(['connected', 'kicked']);
    await forSeconds(scheduler, 4);
    expect([shown(), happened.at(-1)]).toEqual(['DISCONNECTED', 'shown late']);
    tunneling.connect(tunnel, tunnel.source.live);
    tunneling.connect(tunnel, tunneling.rotate('t').tokens.source!);
    await forSeconds(scheduler, 4);
    expect(shown()).toBe('CONNECTED');
  });

  it('GIVEN Rotate does not kick THEN the old connection stays', () => {
    const { happened, tunneling, tunnel } = opened({ rotateKicks: false });
    tunneling.connect(tunnel, tunnel.source.live);
    tunneling.rotate('t');
    expect(happened).toEqual(['connected']);
    expect(tunnel.source.link?.alive).toBe(true);
  });
});
