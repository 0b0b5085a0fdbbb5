import fc from 'fast-check';
import { cleanerConfig, rotatorConfig, sweeperConfig } from '../../lambda/config';
import { ConfigurationError } from '../../lambda/domain/errors';
import { CASES, or } from '../support/cases';

/** The environment of the functions, whoever has changed it: settings that can be worked with, or a ConfigurationError. */
const textual = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const text = or(fc.constantFrom('name', 'tunnels/x')).map(textual);
const json = (right: fc.Arbitrary<unknown>) => or(right.map((value) => JSON.stringify(value))).map(textual);
const things = or(fc.array(or(fc.constant('pump-*')), { maxLength: 3 }));
const policy = or(fc.record({
  clientModes: or(fc.array(or(fc.constantFrom('SOURCE', 'DESTINATION')), { maxLength: 3 })), grace: or(fc.nat()), redirection: or(fc.boolean()),
  scope: or(fc.record({ things, services: things, tags: or(fc.dictionary(fc.string(), or(fc.string()))) }, { requiredKeys: [] })),
  budget: or(fc.record({ burst: or(fc.nat()), refill: or(fc.nat()) }, { requiredKeys: [] })),
}, { requiredKeys: [] }));
const environment = fc.record({
  ROTATOR_NAME: text, LEDGER_TABLE: text, SIGNAL_QUEUE_URL: text, SECRET_PREFIX: text, STACK_NAME: text, AWS_REGION: text, SECRET_KEY_ARN: text,
  ANNOUNCEMENT_BUS: text, ANNOUNCEMENT_TOPIC_PREFIX: text, DESTINATION_TOPIC: text, SWEEP_CALLS_PER_SECOND: or(fc.constant('10')).map(textual),
  POLICY: json(policy), SECRET_TAGS: json(fc.dictionary(fc.string(), or(fc.string()))),
}, { requiredKeys: [] });

test.each<[string, (env: Record<string, string>) => object]>([['rotator', rotatorConfig], ['sweeper', sweeperConfig], ['cleaner', cleanerConfig]])(
  'GIVEN any environment THEN the %s has settings that it can work with, or says what is wrong', (_, configOf) => {
    let fine = 0;
    fc.assert(fc.property(environment, (env) => {
      try {
        const config = configOf(env as Record<string, string>) as Partial<ReturnType<typeof rotatorConfig>>;
        fine += 1;
        if (!config.policy) return;
        const { sides, scope, grace, budget } = config.policy;
        expect(sides.every((side) => side === 'source' || side === 'destination')).toBe(true);
        expect([...scope.things ?? [], ...scope.services ?? [], ...Object.values(scope.tags ?? {})].every((each) => typeof each === 'string')).toBe(true);
        expect([grace, budget.burst, budget.refill].every((each) => Number.isFinite(each) && each >= 0)).toBe(true);
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
      }
    }), CASES);
    expect(fine).toBeGreaterThan(0);
  });
