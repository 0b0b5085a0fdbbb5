import { open, type Question, seconds } from '../question';

const PATIENCE = 10_000;
const PAUSE = 500;

export const notify: Question = {
  id: 'notify',
  question: 'Does rotating the destination without a destinationConfig publish the token to the tunnel\'s thing?',
  async ask(lab, subject) {
    if (!lab.thing) return open('it takes a thing and the account\'s MQTT endpoint: --thing and --iot-endpoint');
    const { name, listen } = lab.thing;
    const inbox = await listen();
    try {
      const heardAfter = async (rotate: () => Promise<unknown>) => {
        const before = inbox.count;
        const since = lab.clock.now();
        await rotate();
        while (inbox.count === before && lab.clock.now() - since < PATIENCE) await lab.clock.wait(PAUSE);
        return inbox.count > before;
      };
      // A side that never connected may not be rotated.
      await (await subject.connect('destination')).leave();
      const config = { thingName: name, services: [...subject.services] };
      const withConfig = await heardAfter(async () => lab.control.rotate(await subject.id(), 'DESTINATION', config));
      if (!withConfig) return open(`not even a rotation with a destinationConfig was heard within ${seconds(PATIENCE)}`);
      const without = await heardAfter(() => subject.rotate('DESTINATION'));
      return {
        answer: without ? 'yes' : 'no',
        evidence: `with a destinationConfig it was heard, without one ${without ? 'too' : `not within ${seconds(PATIENCE)}`}`,
        certainty: without ? 'seen' : 'likely',
        behaviour: { rotateWithoutConfigPublishes: without },
      };
    } finally {
      await inbox.close();
    }
  },
};
