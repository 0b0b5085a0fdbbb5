import { AwsError } from '../../local-cloud/service';
import { synthesizeApp } from '../support/assembly';
import { droppedAgain, worldForEachStory } from '../support/stories';

const world = worldForEachStory(synthesizeApp);

it('GIVEN a sweep that cannot be called WHEN the next one can THEN the drop is found, and the missed one lies among the dead letters', async () => {
  const tunnel = await droppedAgain(world());
  const sweeper = world().deployment.physicalId('AWS::Lambda::Function', 'Sweeper');
  const end = world().cloud.calls.intercept(async (call, proceed) => {
    if (call.action === 'Invoke' && String(call.input.FunctionName).includes(sweeper)) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    return proceed();
  });
  await world().advance(60_000);
  end();
  expect(tunnel.record.rotations).toBe(1);
  const [letter, ...others] = world().queue('DeadLetterQueue').history;
  expect(JSON.parse(letter)).toMatchObject({ source: 'aws.scheduler', resources: [expect.stringContaining(':schedule/')] });
  expect(others).toEqual([]);

  await world().advance(60_000);
  await tunnel.reconnect();
  expect(tunnel.record).toEqual({ rotations: 2, kicks: 0 });
});

it('GIVEN a missed sweep among the dead letters WHEN somebody sends all of them back THEN it is counted as malformed, and nothing else happens', async () => {
  const tunnel = await droppedAgain(world());
  const missed = {
    'version': '0', 'id': '6e2e2bb6', 'detail-type': 'Scheduled Event', 'source': 'aws.scheduler', 'account': '123456789012', 'time': '2026-01-01T00:00:00Z',
    'region': 'eu-west-1', 'resources': ['arn:aws:scheduler:eu-west-1:123456789012:schedule/group/sweep'], 'detail': '{}',
  };
  world().queue('SignalQueue').send(JSON.stringify(missed), 'whoever redrives');
  await world().cloud.idle();
  expect(world().cloud.metrics.sum('SignalsMalformed')).toBe(1);
  expect(tunnel.record.rotations).toBe(1);
});
