import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { connectDestination } from '../../tunnel-protocol/peer';
import { freePort } from '../operator';
import type { Outcome } from '../outcome';
import { Session } from '../session';
import { onStage, type Stage } from '../stage';
import { accountOf, type Harm } from './account';
import { startShellDevice } from './shell-device';
import { ShellWindow } from './window';

/** A token's first use is told from "never used" by five seconds of service time; the demo waits them out. */
const FIRST_USE_TOLERANCE = 5_500;
/** Ctrl-X and Ctrl-F. */
const [CUT, FREEZE] = ['\x18', '\x06'];

/** Whoever plays: a terminal that gives every key as it is pressed. */
export interface Player {
  readonly keys: Readable;
  readonly screen: Writable;
  readonly columns: number;
  readonly rows: number;
  /** From now on, every key comes as it is pressed; until then, Ctrl-C ends the demo. */
  begin(): void;
}

/** A shell on the device, through the tunnel, in this terminal; keys that cut and freeze it, and a line that says when and why it is back. */
export async function play(player: Player): Promise<Outcome> {
  const note = (text: string) => player.screen.write(`\r\x1b[K\x1b[2m-- ${text} --\x1b[0m\r\n`);
  note('synthesizing and deploying the stack to a local cloud');
  return onStage({}, (stage) => playOn(stage, player, note));
}

async function playOn({ cloud, secretPrefix }: Stage, player: Player, note: (text: string) => void): Promise<Outcome> {
  const { endpoint, tunneling: { admin } } = cloud;
  const tunneling = new IoTSecureTunnelingClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
  const device = await startShellDevice(player);
  const { tunnelId = '', sourceAccessToken, destinationAccessToken = '' } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  tunneling.destroy();
  const destination = await connectDestination({ endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } });
  const port = await freePort();
  // Without a client token each cut spends the token: that is what the rotator is for.
  const session = new Session({ tunnelId, secretPrefix, firstToken: sourceAccessToken, clientToken: false, proxy: { services: [`SSH=${port}`] } });
  await session.stands(1);
  note(`a few seconds, so that the tunnel's first token counts as used`);
  await sleep(FIRST_USE_TOLERANCE);
  note('this is a shell on pump-7, through the tunnel. Ctrl-X cuts it, Ctrl-F freezes it, exit ends it');

  player.begin();
  let harmed: { readonly harm: Harm; readonly at: number } | undefined;
  let [recovered, drops] = [0, 0];
  let line = '';
  const window = new ShellWindow(port, (bytes) => {
    player.screen.write(bytes);
    line = (line + bytes.toString('utf8')).split('\n').at(-1)!;
  }, () => {
    if (!harmed) return;
    recovered += 1;
    tell(accountOf(harmed.harm, harmed.at, Date.now(), cloud.calls.records));
    harmed = undefined;
  });
  /** Says something in a line of its own, and puts what stood there below it. */
  const tell = (text: string) => {
    note(text);
    player.screen.write(line);
  };
  const harm = (how: Harm) => {
    if (harmed || !admin.tunnel(tunnelId).source.connection) return tell('it is not back yet');
    harmed = { harm: how, at: Date.now() };
    drops += 1;
    if (how === 'cut') admin.cut(tunnelId, 'source');
    else admin.cutSilently(tunnelId, 'source', { clientNotices: false });
    tell(how === 'cut' ? 'cut' : 'frozen: nothing comes through any more, and nobody was told; the connector finds out within 12 s');
  };
  player.keys.on('data', (bytes: Buffer) => {
    for (const typed of bytes.toString('latin1').split(/([\x06\x18])/)) {
      if (typed === CUT) harm('cut');
      else if (typed === FREEZE) harm('frozen');
      else if (typed) window.type(Buffer.from(typed, 'latin1'));
    }
  });
  const running = window.run();
  try {
    await device.left;
    return { recovered, drops, troubles: (await cloud.findLeaks('LOCALCAT')).map((place) => `a token stands in ${place}`) };
  } finally {
    window.close();
    await Promise.all([running, session.stop(), destination.close()]);
    device.close();
  }
}
