import { errorName } from '../errors';
import { open, type Question } from '../question';

const policy = (spelling: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:RotateTunnelAccessToken', Resource: '*', Condition: { StringEquals: { 'iot:ClientMode': spelling } } }],
});

export const clientMode: Question = {
  id: 'client-mode',
  question: 'How does IAM see the client mode of Rotate in the condition key iot:ClientMode?',
  async ask(lab, subject) {
    if (!lab.limitedBy) return open('it takes a role that may rotate, to limit it further: --role');
    // A side that never connected may not be rotated.
    await (await subject.connect('source')).leave();
    const outcome = async (spelling: string) => {
      const limited = await lab.limitedBy!(policy(spelling));
      return limited.rotate(await subject.id(), 'SOURCE').then(() => 'allowed', errorName);
    };
    const [upper, lower] = [await outcome('SOURCE'), await outcome('source')];
    const evidence = `StringEquals 'SOURCE': ${upper}; StringEquals 'source': ${lower}`;
    if ((upper === 'allowed') === (lower === 'allowed')) return { ...open(evidence), answer: 'neither tells' };
    const position = upper === 'allowed' ? 'upper' : 'lower';
    return { answer: `in ${position} case`, evidence, certainty: 'seen', behaviour: { clientModeSpelling: position } };
  },
};
