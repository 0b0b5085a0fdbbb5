import { parseArgs } from 'node:util';
import { UsageError } from '../cli/usage-error';
import type { Question } from './question';
import { QUESTIONS } from './questions';
import { quotas } from './questions/quotas';

export interface CalibrateArguments {
  readonly help: boolean;
  readonly dryRun: boolean;
  /** Nobody is asked. */
  readonly yes: boolean;
  /** Where the profile goes. */
  readonly out: string;
  readonly region?: string;
  /** The data plane, if it is not AWS's own. */
  readonly dataEndpoint?: string;
  /** What a tunnel costs, in USD. */
  readonly price?: number;
  readonly thing?: string;
  readonly iotEndpoint?: string;
  readonly role?: string;
  readonly silencer?: string;
  readonly conformance: boolean;
  readonly questions: readonly Question[];
}

const MOST_CALLS = 100;
const CEILING = 20;

/** @throws UsageError */
export function parseCalibrateArguments(argv: readonly string[]): CalibrateArguments {
  const values = parse(argv);
  if ((values.thing === undefined) !== (values['iot-endpoint'] === undefined)) throw new UsageError('--thing and --iot-endpoint belong together');
  const ceiling = positive(values['quota-ceiling'], '--quota-ceiling', MOST_CALLS) ?? CEILING;
  return {
    help: values.help ?? false,
    dryRun: values['dry-run'] ?? false,
    yes: values.yes ?? false,
    out: values.out ?? 'aws-profile.json',
    region: values.region,
    dataEndpoint: values['data-endpoint'],
    price: positive(values.price, '--price', 1_000),
    thing: values.thing,
    iotEndpoint: values['iot-endpoint'],
    role: values.role,
    silencer: values.silencer,
    conformance: values.conformance ?? false,
    questions: chosen([...QUESTIONS, ...(values['measure-quotas'] ? quotas(ceiling) : [])], values.only),
  };
}

export const CALIBRATE_HELP = `Usage: tunnel-local-cloud calibrate [options]

Finds out what AWS IoT Secure Tunneling does where its documents leave it open, in your account: opens a tunnel or two, connects to
them, and looks. Says before what it will do, and closes all tunnels in the end, also after Ctrl-C. Writes what it found into a profile
for tunnel-local-cloud --profile. Credentials and region are those of the AWS SDK. docs/calibration.md tells which rights it needs.

  --dry-run               only say which calls would be made, after trying all of them on a local cloud
  --yes                   do not ask before tunnels are opened
  --out FILE              where the profile goes (default aws-profile.json)
  --region REGION         instead of the SDK's
  --price USD             what AWS charges for a tunnel today, to say what the run costs
  --only ID[,ID...]       some questions only: ${chunked(QUESTIONS.map(({ id }) => id))}
  --conformance           check the documented rules instead, each row same or different; takes more tunnels

Some questions need more than an account:
  --thing NAME            a thing whose agent may be sent tokens of tunnels that nobody uses, and
  --iot-endpoint HOST     where MQTT is: aws iot describe-endpoint --endpoint-type iot:Data-ATS
  --role ARN              a role that you may assume and that may rotate, to see how IAM spells iot:ClientMode
  --silencer COMMAND      makes the network of the connection from TCP port $LOCAL_PORT swallow everything
  --measure-quotas        also offer more calls than each action takes; others in the account are throttled meanwhile
  --quota-ceiling N       never more than N calls a second (default ${CEILING}, at most ${MOST_CALLS})

  --data-endpoint URL     where the tunnels' WebSockets are, if not in AWS
  --help                  print this
`;

function chunked(ids: readonly string[]): string {
  const lines = ids.reduce<string[]>((so, id) => {
    const last = so[so.length - 1];
    return last && `${last}, ${id}`.length < 80 ? [...so.slice(0, -1), `${last}, ${id}`] : [...so, id];
  }, []);
  return lines.join(',\n                          ');
}

function chosen(all: readonly Question[], only: string | undefined): readonly Question[] {
  if (only === undefined) return all;
  const ids = only.split(',');
  const stranger = ids.find((id) => !all.some((question) => question.id === id));
  if (stranger !== undefined) throw new UsageError(`there is no question '${stranger}'; there are ${all.map(({ id }) => id).join(', ')}`);
  return all.filter(({ id }) => ids.includes(id));
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        'dry-run': flag, 'yes': flag, 'out': text, 'region': text, 'data-endpoint': text, 'price': text, 'thing': text, 'iot-endpoint': text, 'role': text,
        'silencer': text, 'measure-quotas': flag, 'quota-ceiling': text, 'conformance': flag, 'only': text, 'help': flag,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function positive(value: string | undefined, name: string, highest: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number > 0) || number > highest) throw new UsageError(`${name} must be a number above 0 and up to ${highest}, not '${value}'`);
  return number;
}
