import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { portsOf, takenPort } from '../../../connector/proxy/command-ports';

const parse = (line: string) => portsOf(line.split(' '));

describe('where a command is going to listen', () => {
  it.each<[string, string, number[], string[]]>([
    ['localproxy -r eu-west-1 -s SSH=5555', '127.0.0.1', [5555], ['SSH']],
    ['/opt/bin/localproxy -s SSH=5555,RDP=3389 -b 0.0.0.0', '0.0.0.0', [5555, 3389], ['SSH', 'RDP']],
    ['localproxy --source-listen-port 5555 --local-bind-address=::1', '::1', [5555], []],
    ['localproxy -sSSH=5555', '127.0.0.1', [5555], ['SSH']],
    ['localproxy --source-listen-port=SSH=5555', '127.0.0.1', [5555], ['SSH']],
    ['localproxy -s SSH=localhost:5555', '127.0.0.1', [5555], ['SSH']],
    ['localproxy -r eu-west-1 -d SSH=22', '127.0.0.1', [], []],
    ['localproxy -s', '127.0.0.1', [], []],
    ['docker run --rm localproxy -s SSH=5555', '127.0.0.1', [], []],
  ])('%s', (line, host, ports, services) => {
    expect(parse(line)).toEqual({ host, ports, services });
  });

  it('is known to be taken before the command tries', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await takenPort({ host: '127.0.0.1', ports: [port] })).toBe(`127.0.0.1:${port}`);
    server.close();
    await once(server, 'close');
    expect(await takenPort({ host: '127.0.0.1', ports: [port] })).toBeUndefined();
    expect(await takenPort({ host: '127.0.0.1', ports: [port] })).toBeUndefined(); // and nothing of ours was left there
  });

  it('is left to the command where it cannot be tried', async () => {
    expect(await takenPort({ host: 'no-such-host.invalid', ports: [5555] })).toBeUndefined();
  });
});
