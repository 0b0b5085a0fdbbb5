import { Lease, LeaseEndedError, TooManyTunnelsError } from '../../../local-cloud/calibrate/lease';

const closed: string[] = [];
const closer = { close: async (tunnelId: string) => { closed.push(tunnelId); }, leftovers: async () => ['t-lost'] };
const opened = (tunnelId: string) => async () => ({ tunnelId });
const refused = () => true;
beforeEach(() => { closed.length = 0; });

test('GIVEN as many tunnels as were announced WHEN one more is wanted THEN it is not opened', async () => {
  const lease = new Lease(1);
  await lease.take(opened('t-1'), refused);
  let asked = false;

  await expect(lease.take(async () => { asked = true; return { tunnelId: 't-2' }; }, refused)).rejects.toBeInstanceOf(TooManyTunnelsError);
  expect(asked).toBe(false);
});

test('GIVEN a tunnel that is just being opened WHEN all are closed THEN it is waited for, and closed too', async () => {
  const lease = new Lease(2);
  let answer!: (tunnel: { tunnelId: string }) => void;
  const taken = lease.take(() => new Promise<{ tunnelId: string }>((resolve) => { answer = resolve; }), refused);

  const closing = lease.closeAll(closer);
  answer({ tunnelId: 't-late' });

  expect(await closing).toEqual([]);
  await taken;
  expect(closed).toEqual(['t-late']);
});

test('GIVEN all are closed WHEN somebody whom nobody waits for wants one more THEN it is not opened', async () => {
  const lease = new Lease(2);
  await lease.closeAll(closer);

  await expect(lease.take(opened('t-1'), refused)).rejects.toBeInstanceOf(LeaseEndedError);
});

test.each([[true, []], [false, ['t-lost']]])('GIVEN an error that says for sure that nothing was opened: %s WHEN all are closed THEN lost ones are looked for accordingly', async (sure, expected) => {
  const lease = new Lease(2);
  await expect(lease.take(async () => { throw new Error('no'); }, () => sure)).rejects.toThrow('no');

  await lease.closeAll(closer);

  expect(closed).toEqual(expected);
});

test('GIVEN one that cannot be closed THEN the others are, and its error is told', async () => {
  const lease = new Lease(2);
  await lease.take(opened('t-1'), refused);
  await lease.take(opened('t-2'), refused);

  const errors = await lease.closeAll({ ...closer, close: async (tunnelId) => { if (tunnelId === 't-1') throw new Error('stuck'); closed.push(tunnelId); } });

  expect([errors.length, closed]).toEqual([1, ['t-2']]);
});
