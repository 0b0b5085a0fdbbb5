import { connect } from 'mqtt';
import { WebSocket } from 'ws';
import { DATA, decoder, encode } from './messages';

export interface AgentOptions {
  readonly thingName: string;
  /** `mqtts://...-ats.iot.eu-west-1.amazonaws.com` with certificates, or the local cloud's broker. */
  readonly mqttUrl: string;
  /** `wss://data.tunneling.iot.eu-west-1.amazonaws.com`, or the local cloud. */
  readonly tunnelUrl: string;
  /** What the device has to say. */
  answer(request: string): string;
}

/** A device's agent: waits for the token of a tunnel, connects to it, and answers what comes through. */
export async function startAgent({ thingName, mqttUrl, tunnelUrl, answer }: AgentOptions): Promise<{ stop(): Promise<void> }> {
  const mqtt = connect(mqttUrl, { clientId: thingName });
  let tunnel: WebSocket | undefined;
  mqtt.on('message', (_, payload) => {
    const { clientAccessToken } = JSON.parse(payload.toString()) as { clientAccessToken: string };
    tunnel?.terminate(); // the fresh token takes the place of the one before
    tunnel = openTunnel(`${tunnelUrl}/tunnel?local-proxy-mode=destination`, clientAccessToken, answer);
  });
  await mqtt.subscribeAsync(`$aws/things/${thingName}/tunnels/notify`, { qos: 1 });
  return {
    async stop() {
      tunnel?.terminate();
      await mqtt.endAsync();
    },
  };
}

function openTunnel(url: string, token: string, answer: AgentOptions['answer']): WebSocket {
  const tunnel = new WebSocket(url, 'aws.iot.securetunneling-3.0', { headers: { 'access-token': token }, perMessageDeflate: false });
  const decode = decoder();
  tunnel.on('error', () => tunnel.terminate());
  tunnel.on('message', (chunk: Buffer) => {
    for (const message of decode(chunk)) {
      if (message.type !== DATA) continue;
      const { streamId, serviceId, connectionId } = message;
      tunnel.send(encode({ type: DATA, streamId, serviceId, connectionId, payload: Buffer.from(answer(Buffer.from(message.payload).toString())) }));
    }
  });
  return tunnel;
}
