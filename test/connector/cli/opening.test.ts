import { CloseTunnelCommand, DescribeTunnelCommand, IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import type { LocalCloud } from '../../../local-cloud/cloud';
import { Console } from '../support/console';
import { CHILD, Desk } from '../support/desk';
import { PREFIX, type StubRotator } from '../support/stub-rotator';

let desk: Desk;
let cloud: LocalCloud;
let rotator: StubRotator;
let tunneling: IoTSecureTunnelingClient;

beforeEach(async () => {
  desk = await Desk.begin();
  ({ cloud, rotator, tunneling } = desk);
});

afterEach(async () => {
  await desk.end();
});


describe('opening a tunnel first', () => {
  const opening = `--open-tunnel --prefix ${PREFIX} --thing pump-7 --services SSH --lifetime 120 --tag team=a`;
  const opened = (console: Console) => /Opened the tunnel (\S+)\./.exec(console.err)![1];
  const describe = async (id: string) => (await tunneling.send(new DescribeTunnelCommand({ tunnelId: id }))).tunnel!;

  it('uses its first token, and closes it in the end if that is wished', async () => {
    const console = new Console();
    const code = console.run(`${opening} --close`, [...CHILD, 'lasts']);
    await console.shows('connected for');
    expect(rotator.signals).toEqual([]);
    expect(await describe(opened(console))).toMatchObject({
      status: 'OPEN', destinationConfig: { thingName: 'pump-7', services: ['SSH'] }, timeoutConfig: { maxLifetimeTimeoutMinutes: 120 }, tags: [{ key: 'team', value: 'a' }],
    });
    console.signals.emit('SIGINT');
    expect(await code).toBe(0);
    expect(console.err).toContain('Closed the tunnel');
    expect((await describe(opened(console))).status).toBe('CLOSED');
    desk.expectClean(console);
  });

  it('reports the first drop without a proof, for there is none', async () => {
    const console = new Console();
    const code = console.run(`${opening} --keep`, [...CHILD, 'cut']);
    await console.shows('1 drop');
    console.signals.emit('SIGINT');
    await code;
    expect(rotator.signals[0]).toEqual({ topic: `tunnels/pump-7/${opened(console)}/disconnected`, payload: { clientMode: 'SOURCE' } });
    expect(console.err).toContain('The tunnel stays open. To close it: aws iotsecuretunneling close-tunnel');
    expect((await describe(opened(console))).status).toBe('OPEN');
  });

  it.each([['y\n', 'CLOSED'], ['\n', 'OPEN'], ['no\n', 'OPEN']])('asks a person what shall become of it: %j', async (answer, status) => {
    const console = new Console({ terminal: true });
    const code = console.run(opening, [...CHILD, 'lasts']);
    await console.shows('connected for');
    console.signals.emit('SIGINT');
    await console.shows('[y/N]');
    console.type(answer);
    await code;
    expect((await describe(opened(console))).status).toBe(status);
  });

  it('says when AWS will open no more', async () => {
    desk.deny('OpenTunnel', 'LimitExceededException');
    const console = new Console();
    expect(await console.run(opening, [...CHILD, 'lasts'])).toBe(19);
    expect(console.err).toContain('as many tunnels as AWS allows');
    expect(console.err).toContain('LimitExceededException');
  });

  it('tells a busy AWS from one that is out of reach', async () => {
    desk.deny('OpenTunnel', 'ThrottlingException');
    const console = new Console();
    expect(await console.run(opening, [...CHILD, 'lasts'])).toBe(21);
    expect(console.err).toContain('AWS is busy');
  });

  it('says which option AWS may not like', async () => {
    desk.deny('OpenTunnel', 'ValidationException');
    const console = new Console();
    expect(await console.run(opening, [...CHILD, 'lasts'])).toBe(19);
    expect(console.err).toContain('AWS calls a value invalid: check the options that iot:OpenTunnel takes.');
  });

  it('says that the tunnel stays open if it may not be closed', async () => {
    desk.deny('CloseTunnel');
    const console = new Console();
    const code = console.run(`${opening} --close`, [...CHILD, 'lasts']);
    await console.shows('connected for');
    console.signals.emit('SIGINT');
    expect(await code).toBe(0);
    expect(console.err).toContain('error: The tunnel could not be closed: iot:CloseTunnel failed: AccessDeniedException');
    expect(console.err).toContain('The tunnel stays open. To close it: aws iotsecuretunneling close-tunnel');
  });

  it('names the permission to open tunnels if that is missing', async () => {
    desk.deny('OpenTunnel');
    const console = new Console();
    expect(await console.run(opening, [...CHILD, 'lasts'])).toBe(15);
    expect(console.err).toContain('"Action": "iot:OpenTunnel"');
  });

  it('has nothing left to close if somebody closed it meanwhile', async () => {
    const console = new Console();
    const dropped = cloud.calls.intercept(async (call, proceed) => {
      // The second look at the tunnel is the one after the drop.
      if (call.action === 'DescribeTunnel' && console.err.includes('looking why')) {
        dropped();
        await tunneling.send(new CloseTunnelCommand({ tunnelId: opened(console) }));
      }
      return proceed();
    });
    expect(await console.run(`${opening} --close`, [...CHILD, 'goodbye'])).toBe(10);
    expect(console.err).not.toContain('Closed the tunnel');
    desk.expectClean(console);
  });
});
