import { ending } from '../session/endings';
import { offered, splitArguments } from './arguments';
import { Doctor } from './doctor';
import { inWords } from './findings';
import { LocalChecks } from './local-checks';
import type { World } from './world';

export const DOCTOR_USAGE = `Looks at everything that a session needs, without harm, and says what mends what is wrong.

  tunnel-source doctor [the options of a session]

It tries identity, region, prefix, local ports, the way to AWS, each permission, the tunnel and its device. It reads no token out loud, opens
nothing, and asks for no token that could revoke one. --json writes one object for each check. Exit code 25: something is wrong.

  tunnel-source doctor --prefix tunnel-tokens/Tunnels-Rotator --thing pump-7 -s SSH=5555
`;

/** @throws UsageError */
export async function examine(argv: readonly string[], { env, stdout, now }: World): Promise<number> {
  const { values, command } = splitArguments(argv);
  if (values.help) {
    stdout.write(DOCTOR_USAGE);
    return 0;
  }
  const proxy = {
    services: values['source-listen-port'], bindAddress: values['local-bind-address'], endpoint: values['proxy-endpoint'] ?? values.endpoint,
    ca: values.capath ?? values.ca, verify: !values['no-ssl-host-verify'],
  };
  const doctor = new Doctor({
    tunnelId: values['tunnel-id'], thing: values.thing, prefix: values.prefix ?? env.TUNNEL_SECRET_PREFIX, topicPrefix: values['topic-prefix'],
    region: values.region, services: offered(values, command), local: new LocalChecks({ proxy, command, env }), now,
  });
  let troubles = 0;
  for await (const finding of doctor.examine()) {
    if (finding.ok === false) troubles += 1;
    stdout.write(values.json ? `${JSON.stringify(finding)}\n` : inWords(finding));
  }
  const sum = troubles === 0 ? 'Nothing stands' : troubles === 1 ? 'One thing stands' : `${troubles} things stand`;
  if (!values.json) stdout.write(`${sum} in the way.\n`);
  return troubles === 0 ? 0 : ending('unwell').exitCode;
}
