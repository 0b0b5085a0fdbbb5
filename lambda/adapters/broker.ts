import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { awsCall, CLIENT_SETTINGS, remembersRefusals } from './aws-call';

/** Sends a message to a topic of AWS IoT. */
export type Publish = (topic: string | undefined, message: object) => Promise<void>;

export function publisher(client = new IoTDataPlaneClient(CLIENT_SETTINGS)): Publish {
  remembersRefusals(client);
  return async (topic, message) => {
    await awsCall('IoTDataPlane.Publish', () => client.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from(JSON.stringify(message)) })));
  };
}
