import { parseArguments } from '../../../connector/cli/arguments';

const parse = (line: string, env: NodeJS.ProcessEnv = {}) => parseArguments(line.split(' ').filter(Boolean), env);
const CHILD = '-- localproxy -r eu-west-1 -s SSH=5555';

describe('a command line', () => {
  it('names a tunnel, a prefix and a command', () => {
    expect(parse(`--tunnel-id T --prefix p ${CHILD}`)).toEqual({
      tunnel: { id: 'T' }, prefix: 'p', region: undefined, topicPrefix: undefined, takeOver: false, afterwards: 'ask', json: false,
      logLevel: 'info', grace: 5_000, clientToken: true, proxy: {}, command: ['localproxy', '-r', 'eu-west-1', '-s', 'SSH=5555'],
    });
  });

  it('takes the prefix from the environment', () => {
    expect(parse(`--tunnel-id T ${CHILD}`, { TUNNEL_SECRET_PREFIX: 'theirs' })).toMatchObject({ prefix: 'theirs' });
    expect(parse(`--tunnel-id T --prefix mine ${CHILD}`, { TUNNEL_SECRET_PREFIX: 'theirs' })).toMatchObject({ prefix: 'mine' });
  });

  it('has everything that OpenTunnel takes', () => {
    const args = parse(`--open-tunnel --thing pump-7 --services SSH,RDP --services VNC --lifetime 120 --description nightly --tag team=a --tag url=x=y --close --prefix p ${CHILD}`);
    expect(args).toMatchObject({
      tunnel: {
        thing: 'pump-7', services: ['SSH', 'RDP', 'VNC'], left: 900_000, reopen: false,
        open: { thing: 'pump-7', services: ['SSH', 'RDP', 'VNC'], lifetime: 120, description: 'nightly', tags: { team: 'a', url: 'x=y' } },
      },
      afterwards: 'close',
    });
  });

  it.each([
    ['-s SSH=5555', ['SSH']], ['-s SSH=5555,RDP=3389', ['SSH', 'RDP']], ['--stdio SSH', ['SSH']], ['-s 5555', []],
    [CHILD, ['SSH']], ['--services A,B -s SSH=5555', ['A', 'B']],
  ])('finds a tunnel to a thing by what the proxy offers: %s', (line, services) => {
    expect(parse(`--thing pump-7 --min-left 60 --prefix p ${line}`)).toMatchObject({
      tunnel: { thing: 'pump-7', services, left: 3_600_000, open: undefined, reopen: false },
    });
  });

  it('opens one if there is none, and the next one before it ends', () => {
    expect(parse(`--thing pump-7 --open-tunnel --reopen --prefix p -s SSH=5555`)).toMatchObject({
      tunnel: { thing: 'pump-7', reopen: true, open: { thing: 'pump-7', services: ['SSH'] } },
    });
  });

  it('leaves the options behind -- to the command', () => {
    expect(parse('--tunnel-id T --prefix p -- sh --json --help')).toMatchObject({ json: false, command: ['sh', '--json', '--help'] });
  });

  it.each(['--help', '-h', `--tunnel-id T --help ${CHILD}`])('may ask for help: %s', (line) => {
    expect(parse(line)).toBe('help');
  });

  it('may ask for the version', () => {
    expect(parse('--version')).toBe('version');
  });

  it.each([
    ['', 'Which tunnel? Use --tunnel-id ID, --thing NAME, or --open-tunnel'],
    [`--tunnel-id T ${CHILD}`, 'no secret prefix. Use --prefix or TUNNEL_SECRET_PREFIX'],
    ['--tunnel-id T --prefix p', 'no port to listen on'],
    ['--tunnel-id T --prefix p --', 'no port to listen on'],
    [`--tunnel-id T --open-tunnel --prefix p ${CHILD}`, 'exclude each other'],
    [`--tunnel-id T --thing X --prefix p ${CHILD}`, '--tunnel-id and --thing exclude each other'],
    [`--thing X --reopen --prefix p ${CHILD}`, '--reopen goes with --open-tunnel'],
    [`--thing X --min-left soon --prefix p ${CHILD}`, '--min-left must be whole minutes'],
    [`--open-tunnel --prefix p ${CHILD}`, 'AWS sends the device\'s token to nobody'],
    [`--open-tunnel --reopen --prefix p ${CHILD}`, '--reopen needs --thing'],
    [`--open-tunnel --thing X --destination-token-file f --prefix p ${CHILD}`, 'is for tunnels without --thing'],
    [`--tunnel-id T --close --prefix p ${CHILD}`, '--close goes with --open-tunnel'],
    [`--open-tunnel --close --keep --prefix p ${CHILD}`, '--close and --keep exclude each other'],
    [`--open-tunnel --tag team --prefix p ${CHILD}`, '--tag must be KEY=VALUE'],
    [`--tunnel-id T --prefix p --log-level loud ${CHILD}`, '--log-level must be one of error, warn, info, debug'],
    [`--tunnel-id T --prefix p --grace soon ${CHILD}`, '--grace must be a number of seconds'],
    [`--tunnel-id T --prefix p --token X ${CHILD}`, "Unknown option '--token'"],
    ['--tunnel-id T --prefix p localproxy', 'Unexpected argument'],
    [`--tunnel-id T --prefix p ${CHILD} -t secret`, 'Leave -t out of the command'],
    ['--tunnel-id T --prefix p -- /opt/bin/localproxy --access-token=secret', 'Leave --access-token out of the command'],
  ])('says what is wrong: %s', (line, message) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }));
  });

  it('never repeats a token that somebody put there', () => {
    expect(() => parse(`--tunnel-id T --prefix p ${CHILD} -tLOCALCAT`)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('LOCALCAT') }));
  });

  it('lets other commands have a -t of their own', () => {
    expect(parse('--tunnel-id T --prefix p -- ssh -t host')).toMatchObject({ command: ['ssh', '-t', 'host'] });
  });
});
