import { CLIENT_SETTINGS } from '../../lambda/adapters/aws-call';
import { CLAIM_MARGIN } from '../../lambda/rotator/claims';
import { DEPLOYMENT } from '../../simulation/conditions';
import { ATTEMPTS, REQUEST_TIMEOUT } from '../../simulation/faults';
import { rotatorStack } from '../lib/synth';

const SECOND = 1_000;

describe('the simulated deployment', () => {
  const template = rotatorStack().template();

  it('has the numbers that the construct sets', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: DEPLOYMENT.rotatorTimeout / SECOND });
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: DEPLOYMENT.sweeperTimeout / SECOND });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: DEPLOYMENT.batchSize, ScalingConfig: { MaximumConcurrency: DEPLOYMENT.maxConcurrency },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: DEPLOYMENT.visibilityTimeout / SECOND });
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 minute)' });
    expect(DEPLOYMENT.sweepInterval).toBe(60 * SECOND);
    expect(JSON.stringify(template.findResources('AWS::SQS::Queue'))).toContain(`"maxReceiveCount":${DEPLOYMENT.maxReceiveCount}`);
    expect(JSON.stringify(template.findResources('AWS::Lambda::Function'))).toContain(`"SWEEP_CALLS_PER_SECOND":"${DEPLOYMENT.sweepCallsPerSecond}"`);
  });

  it('has the clients that the functions make', () => {
    expect(CLIENT_SETTINGS).toMatchObject({ maxAttempts: ATTEMPTS, requestHandler: { requestTimeout: REQUEST_TIMEOUT } });
  });

  it('leaves a request time to land before its claim ends', () => {
    expect(CLAIM_MARGIN).toBeGreaterThan(REQUEST_TIMEOUT);
  });
});
