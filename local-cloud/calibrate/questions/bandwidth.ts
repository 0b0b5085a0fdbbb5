import { MessageType } from '../../../tunnel-protocol/frames';
import { type Question, seconds } from '../question';

const CHUNK = 60_000;
const CHUNKS_AT_ONCE = 4;
const ENOUGH = 4_000_000;
const PATIENCE = 30_000;
/** What is faster than this is not what AWS's documents speak of. */
const FAST = 1_500_000;

export const bandwidth: Question = {
  id: 'bandwidth',
  question: 'How many bytes a second does a tunnel carry?',
  async ask(lab, subject) {
    const destination = await subject.connect('destination');
    const source = await subject.connect('source');
    const stream = { streamId: 1, connectionId: 1, serviceId: subject.services[0] };
    source.send({ ...stream, type: MessageType.STREAM_START });
    const since = lab.clock.now();
    const marks: { readonly sent: number; readonly at: number }[] = [];
    for (let sent = 0; sent < ENOUGH && lab.clock.now() - since < PATIENCE;) {
      for (let chunk = 0; chunk < CHUNKS_AT_ONCE; chunk += 1) source.send({ ...stream, type: MessageType.DATA, payload: Buffer.alloc(CHUNK) });
      sent += CHUNKS_AT_ONCE * CHUNK;
      // The service answers when it has read what was sent before. It may find the question right behind the bytes that it then holds the
      // source back for; a second question is read when all of them have had their time.
      if (!await source.alive() || !await source.alive()) throw new Error('the connection ended under load');
      marks.push({ sent, at: lab.clock.now() });
    }
    for (const connection of [source, destination]) await connection.leave();

    // What may be sent at once before a limit is felt lies in the first half.
    const [middle, end] = [marks[Math.floor(marks.length / 2)], marks[marks.length - 1]];
    const rate = (end.sent - middle.sent) / ((end.at - middle.at) / 1_000);
    const limited = rate < FAST;
    return {
      answer: limited ? `${Math.round(rate / 1_000)} kB/s` : 'no limit was felt',
      evidence: `${end.sent} bytes from source to destination in ${seconds(end.at - since)}${limited ? '; a slow network here would look the same' : ''}`,
      certainty: 'likely',
      behaviour: { bandwidthBytesPerSecond: limited ? Math.round(rate / 1_000) * 1_000 : Infinity },
    };
  },
};
