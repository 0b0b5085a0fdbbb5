import type { Place } from '../place';
import { AwsError } from '../service';
import type { RestService } from '../wire/rest-json';
import type { Broker } from './broker';

const LONGEST_TOPIC = 256;
const MOST_LEVELS = 8;
const LONGEST_PAYLOAD = 128 * 1024;

/** AWS IoT data plane over HTTPS: Publish. https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html */
export function createIotDataPlane(broker: Broker, place: Place): RestService {
  return {
    name: 'iotdata',
    routes: [{
      method: 'POST',
      path: /^\/topics\/(?<topic>.+)$/,
      action: 'Publish',
      input: ({ topic }, { query, body }) => ({
        topic: decodeTopic(topic), qos: Number(query.get('qos') ?? 0), retain: query.get('retain') === 'true', payload: body,
      }),
    }],
    actions: {
      async Publish({ input }) {
        const { topic, qos, retain, payload } = input as { topic: string; qos: number; retain: boolean; payload: Buffer };
        const invalid = topic === '' || Buffer.byteLength(topic) > LONGEST_TOPIC || /[+#\0]/.test(topic) || tooDeep(topic);
        if (invalid) throw new AwsError('InvalidRequestException', 'Invalid topic');
        if (qos !== 0 && qos !== 1) throw new AwsError('InvalidRequestException', 'Invalid QoS level');
        if (payload.length > LONGEST_PAYLOAD) throw new AwsError('InvalidRequestException', 'Payload is too large', 413);
        await broker.publish(topic, payload, { qos, retain });
        return { message: 'OK' };
      },
    },
    needs: ({ input }) => [
      { action: 'iot:Publish', resource: place.arn('iot', `topic/${String(input.topic)}`) },
      ...(input.retain ? [{ action: 'iot:RetainPublish', resource: place.arn('iot', `topic/${String(input.topic)}`) }] : []),
    ],
  };
}

/** Levels count without the prefix of Basic Ingest. https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits */
const tooDeep = (topic: string) => topic.replace(/^\$aws\/rules\/[^/]+\//, '').split('/').length > MOST_LEVELS;

/** @throws AwsError for a path that is not percent-encoded properly */
function decodeTopic(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new AwsError('InvalidRequestException', 'Invalid topic');
  }
}
