import { Duration, Lazy } from 'aws-cdk-lib';
import { rotatorConfig } from '../../lambda/config';
import { DEFAULT_POLICY } from '../../lambda/domain/policy';
import { ClientMode, DisconnectSource, type TunnelTokenRotatorProps } from '../../lib';
import { resource, rotatorStack } from './synth';

const FUNCTIONS = ['RotatorFunction', 'RotatorSweeperFunction'];
const variables = (name: string, props?: TunnelTokenRotatorProps) =>
  resource(rotatorStack(props).template(), 'AWS::Lambda::Function', name).Properties.Environment.Variables;

/** What a function of a stack with these props decides by. */
function policyOf(name: string, props?: TunnelTokenRotatorProps) {
  const { POLICY, DESTINATION_TOPIC } = variables(name, props);
  return rotatorConfig({
    ROTATOR_NAME: 'r', LEDGER_TABLE: 't', SIGNAL_QUEUE_URL: 'q', SECRET_PREFIX: 'p', STACK_NAME: 's', AWS_REGION: 'eu-west-1', POLICY, DESTINATION_TOPIC,
  }).policy;
}

describe.each(FUNCTIONS)('%s decides', (name) => {
  test('by the defaults that the props name', () => {
    expect(policyOf(name)).toEqual(DEFAULT_POLICY);
  });

  test('by what was chosen', () => {
    const tunnelScope = { things: ['pump-*'], services: ['SSH'], tags: { team: 'fleet' } };
    expect(policyOf(name, {
      clientModes: [ClientMode.DESTINATION],
      tunnelScope,
      grace: Duration.seconds(20),
      flapBudget: { burst: 4, refill: Duration.minutes(15) },
      destinationTopic: 'sites/<tunnelId>/notify',
    })).toEqual({
      ...DEFAULT_POLICY, sides: ['destination'], scope: tunnelScope, grace: 20_000, budget: { burst: 4, refill: 900_000 }, destinationTopic: true,
    });
  });
});

describe('client modes', () => {
  test('cannot be none', () => {
    expect(() => rotatorStack({ clientModes: [] })).toThrow('clientModes must name at least one client mode, but is empty');
  });

  test('are named once', () => {
    expect(() => rotatorStack({ clientModes: [ClientMode.SOURCE, ClientMode.SOURCE] }))
      .toThrow('clientModes must name each client mode at most once, but names SOURCE twice');
  });
});

describe('the topic of destinations without a thing', () => {
  const clientModes = [ClientMode.DESTINATION];

  test.each(['', 'sites/notify', '<tunnelId>/<tunnelId>', 'sites/x<tunnelId>/notify', 'sites//<tunnelId>', 'sites/+/<tunnelId>', '$aws/<tunnelId>', `${'x'.repeat(118)}/<tunnelId>`])(
    'cannot be "%s"', (destinationTopic) => {
      expect(() => rotatorStack({ clientModes, destinationTopic })).toThrow(
        'destinationTopic must be topic levels of letters, digits and _.:=@- joined by single slashes, eight levels and 128 characters at most, '
        + `exactly one level being <tunnelId>, but is '${destinationTopic}'`,
      );
    },
  );

  test.each(['disconnected', 'token-request', 'announcements'])('cannot be one where others listen: %s', (last) => {
    expect(() => rotatorStack({ clientModes, destinationTopic: `tunnels/<tunnelId>/${last}` }))
      .toThrow(`destinationTopic must not end in '${last}', because whoever listens there must not see a token, but is 'tunnels/<tunnelId>/${last}'`);
  });

  test.each(['<tunnelId>', '<tunnelId>/notify'])('must begin with a level of its own, not as %s: the right to publish there would reach AWS\'s own topics', (destinationTopic) => {
    expect(() => rotatorStack({ clientModes, destinationTopic }))
      .toThrow(`destinationTopic must not begin with <tunnelId>, because the right to publish there would reach AWS's own topics, but is '${destinationTopic}'`);
  });

  test('is of no use to a rotator that leaves destinations alone, and refused', () => {
    expect(() => rotatorStack({ destinationTopic: 'sites/<tunnelId>/notify' }))
      .toThrow('destinationTopic needs ClientMode.DESTINATION among clientModes, but they are SOURCE');
  });

  test('is absent by default', () => {
    expect(variables('RotatorFunction', { clientModes, disconnectSources: [DisconnectSource.thingPresence()] })).not.toHaveProperty('DESTINATION_TOPIC');
  });
});

describe('a scope', () => {
  test.each([
    [{ things: [] }, 'tunnelScope.things must name at least one of the things, or be left out, but is empty'],
    [{ things: ['pump-7', 'pump 8'] }, "tunnelScope.things must be thing names of letters, digits and :_-, with * for any run of characters, but one is 'pump 8'"],
    [{ services: [] }, 'tunnelScope.services must name at least one of the services, or be left out, but is empty'],
    [{ services: ['S*'] }, "tunnelScope.services must be services of letters, digits and :_-, but one is 'S*'"],
    [{ tags: {} }, 'tunnelScope.tags must name at least one tag, or be left out, but is empty'],
  ])('cannot be %j', (tunnelScope, message) => {
    expect(() => rotatorStack({ tunnelScope })).toThrow(message);
  });
});

describe('the grace', () => {
  test('ends before the queue would lose patience', () => {
    expect(() => rotatorStack({ grace: Duration.minutes(15) })).not.toThrow();
    expect(() => rotatorStack({ grace: Duration.minutes(16) }))
      .toThrow('grace must be 15 minutes at most, because the queue delays no longer, but is 16 minutes');
  });

  test('is counted in before the alarm says that recovery is slow', () => {
    const template = rotatorStack({ grace: Duration.minutes(3) }).template();
    expect(resource(template, 'AWS::CloudWatch::Alarm', 'RotatorAlarmsRecoveryTime').Properties.Threshold).toBe(300_000);
  });
});

describe('the flap budget', () => {
  test.each([
    [{ burst: 10, refill: Duration.minutes(8) }], [{ burst: 99, refill: Duration.hours(12) }], [{ burst: 1 }], [{ refill: Duration.hours(1) }],
  ])('may be %j', (flapBudget) => {
    expect(() => rotatorStack({ flapBudget })).not.toThrow();
  });

  test.each([
    [{ burst: 11 }, 101, 'a burst of 11, and 90 more at one in every 8 minutes'],
    [{ refill: Duration.minutes(7) }, 112, 'a burst of 10, and 102 more at one in every 7 minutes'],
    [{ burst: 100, refill: Duration.hours(12) }, 101, 'a burst of 100, and 1 more at one in every 12 hours'],
  ])('stays below what a secret can take: not %j', (flapBudget, allowed, arithmetic) => {
    expect(() => rotatorStack({ flapBudget })).toThrow(
      'flapBudget must allow at most 100 rotations in the 12 hours that a tunnel lives, because a secret takes no more versions within 24 hours, '
      + `but allows ${allowed}: ${arithmetic}. Lower burst or raise refill`,
    );
  });

  test.each([0, -1, 1.5])('has no burst of %s', (burst) => {
    expect(() => rotatorStack({ flapBudget: { burst } })).toThrow(`flapBudget.burst must be a whole number from 1 on, but is ${burst}`);
  });

  test('has no refill of nothing', () => {
    expect(() => rotatorStack({ flapBudget: { refill: Duration.seconds(0) } })).toThrow('flapBudget.refill must be 1 second at least, but is 0 seconds');
  });
});

test.each<[string, (token: Duration) => TunnelTokenRotatorProps]>([
  ['sweepInterval', (sweepInterval) => ({ sweepInterval })],
  ['grace', (grace) => ({ grace })],
  ['flapBudget.refill', (refill) => ({ flapBudget: { refill } })],
])('%s that is known at deployment only is refused by its name', (prop, props) => {
  expect(() => rotatorStack(props(Duration.minutes(Lazy.number({ produce: () => 5 })))))
    .toThrow(`${prop} must be a duration that is known at synth, but is a token, known at deployment only`);
});

describe('a request that sends a token elsewhere', () => {
  const named = DisconnectSource.eventBridge({ eventPattern: { source: ['acme.fleet'] } });
  const redirection = (disconnectSources: DisconnectSource[]) => ({ allowRedirection: true, disconnectSources });

  test('is refused by default', () => {
    expect(policyOf(FUNCTIONS[0]).redirection).toBe(false);
  });

  test('is granted where the deployer says so, and the rule names who may send it', () => {
    expect(policyOf(FUNCTIONS[0], redirection([DisconnectSource.mqtt(), named])).redirection).toBe(true);
  });

  test.each<[string, DisconnectSource[], string]>([
    ['there is no EventBridge source', [DisconnectSource.mqtt()], 'there is none'],
    ['anybody on the bus may send', [DisconnectSource.eventBridge()], 'one names nobody'],
    ['a pattern names no sender', [DisconnectSource.eventBridge({ eventPattern: { detailType: ['Wish'] } })], 'one names nobody'],
    ['anybody may send beside somebody named', [named, DisconnectSource.eventBridge()], 'one names nobody'],
  ])('cannot be allowed where %s', (_where, sources, why) => {
    expect(() => rotatorStack(redirection(sources))).toThrow(
      `allowRedirection needs a DisconnectSource.eventBridge whose eventPattern names by source or account who may send, and no other one, but ${why}`);
  });
});
