import { rotatorConfig, sweeperConfig } from '../../lambda/config';

const rotator = {
  ROTATOR_NAME: 'r', LEDGER_TABLE: 't', SIGNAL_QUEUE_URL: 'q', SECRET_PREFIX: 'p', STACK_NAME: 's', AWS_REGION: 'eu-west-1',
};

describe('the configuration', () => {
  it('GIVEN no announcement settings THEN nothing is announced', () => {
    expect(rotatorConfig({ ...rotator, ANNOUNCEMENT_BUS: '' })).toMatchObject({ announcementBus: undefined, announcementTopicPrefix: undefined });
  });
  it('GIVEN missing variables THEN all of them are named at once', () => {
    expect(() => rotatorConfig({ ROTATOR_NAME: 'r' })).toThrow(/LEDGER_TABLE, SIGNAL_QUEUE_URL, SECRET_PREFIX, STACK_NAME, AWS_REGION/);
  });
  it.each(['0', '-1', 'many'])('GIVEN a rate of %s THEN it is refused', (rate) => {
    const env = { ROTATOR_NAME: 'r', LEDGER_TABLE: 't', SIGNAL_QUEUE_URL: 'q', SWEEP_CALLS_PER_SECOND: rate };
    expect(() => sweeperConfig(env)).toThrow(`SWEEP_CALLS_PER_SECOND must be a number above 0, but is '${rate}'`);
  });
});
