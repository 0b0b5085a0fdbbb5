import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnEventBusPolicy, EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { EventBus as BusTarget } from 'aws-cdk-lib/aws-events-targets';
import { AccountPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { TunnelTokenRotator } from 'cdk-tunnel-token-rotator';
import type { Construct } from 'constructs';

const REGION = 'eu-west-1';
const ORGANIZATION = 'o-exampleorgid';
/** From here people operate the fleet, for example your organisation's delegated administrator for it. */
const HUB = '123456789012';
const MEMBERS = ['111111111111', '222222222222'];
const OPERATORS = 'tunnel-operators';
const BUS = 'tunnel-fleet';

/** The hub: a role that may become the operators of each member, and a bus that hears what all rotators announce. */
class Hub extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const people = new Role(this, 'People', { assumedBy: new AccountPrincipal(HUB), description: 'Operates tunnels of all members' });
    people.addToPolicy(new PolicyStatement({
      actions: ['sts:AssumeRole'], resources: MEMBERS.map((account) => `arn:aws:iam::${account}:role/${OPERATORS}`),
    }));
    const bus = new EventBus(this, 'Bus', { eventBusName: BUS });
    new CfnEventBusPolicy(this, 'Members', {
      eventBusName: bus.eventBusName,
      statementId: 'Members',
      statement: {
        Effect: 'Allow', Principal: '*', Action: 'events:PutEvents', Resource: bus.eventBusArn,
        Condition: { StringEquals: { 'aws:PrincipalOrgID': ORGANIZATION, 'events:source': 'tunnel-token-rotator' } },
      },
    });
  }
}

/** A member: its own rotator, a role that the hub's people may take on, and a rule that tells the hub. */
class Member extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const rotator = new TunnelTokenRotator(this, 'Rotator', { secretPrefix: 'fleet', dashboard: false });
    const operators = new Role(this, 'Operators', { roleName: OPERATORS, assumedBy: new AccountPrincipal(HUB) });
    rotator.grantConnect(operators, { openTunnels: true });
    new Rule(this, 'TellHub', {
      eventPattern: { source: ['tunnel-token-rotator'] },
      targets: [new BusTarget(EventBus.fromEventBusArn(this, 'HubBus', `arn:aws:events:${REGION}:${HUB}:event-bus/${BUS}`))],
    });
  }
}

const app = new App();
new Hub(app, 'Hub', { env: { account: HUB, region: REGION } });
for (const account of MEMBERS) new Member(app, `Member-${account}`, { env: { account, region: REGION } });
