import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { AdjustableClock } from '../../local-cloud/clock';
import { startLocalCloud, type LocalCloud, type LocalCloudOptions } from '../../local-cloud/cloud';

/** A local cloud for the tests of one `describe` or file, with a clock that can be put forward. */
export function withCloud(options: LocalCloudOptions = {}): { readonly cloud: LocalCloud; readonly clients: Clients } {
  const running = {} as { cloud: LocalCloud; clients: Clients };
  beforeAll(async () => {
    running.cloud = await startLocalCloud({ clock: new AdjustableClock(), ...options });
    running.clients = clientsOf(running.cloud);
  });
  afterAll(async () => {
    Object.values(running.clients).forEach((client: { destroy(): void }) => client.destroy());
    await running.cloud.close();
  });
  return running;
}

export type Clients = ReturnType<typeof clientsOf>;

/** The real SDK, as a user who may do everything. */
export function clientsOf({ endpoint }: LocalCloud) {
  const settings = { endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' }, maxAttempts: 1 };
  return {
    dynamodb: new DynamoDBClient(settings),
    events: new EventBridgeClient(settings),
    iot: new IoTDataPlaneClient(settings),
    secrets: new SecretsManagerClient(settings),
    sqs: new SQSClient(settings),
    tunnels: new IoTSecureTunnelingClient(settings),
  };
}

/** The name of the error that a call is answered with, or `no error`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(() => 'no error', (error: Error) => error.name);
}
