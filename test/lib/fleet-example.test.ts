import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { readable } from './synth';
import { runDirectory } from '../support/run-directory';

/** `examples/fleet`, as `cdk synth` runs it. */
const ROOT = join(__dirname, '..', '..');
const EXAMPLE = join(ROOT, 'examples', 'fleet');

let assembly: string;
beforeAll(() => {
  assembly = mkdtempSync(join(runDirectory(), 'fleet-'));
  const tsx = join(ROOT, 'node_modules', '.bin', 'tsx');
  execFileSync(tsx, ['--tsconfig', join(ROOT, 'tsconfig.json'), join(EXAMPLE, 'main.ts')], { cwd: EXAMPLE, env: { ...process.env, CDK_OUTDIR: assembly }, stdio: 'ignore' });
});

const template = (stack: string) => Template.fromJSON(JSON.parse(readFileSync(join(assembly, `${stack}.template.json`), 'utf8')));
const MEMBERS = ['111111111111', '222222222222'];

test('the hub\'s people may become the operators of each member, and nobody else', () => {
  const [{ Properties }] = Object.values(template('Hub').findResources('AWS::IAM::Policy'));
  expect(Properties.PolicyDocument.Statement).toEqual([
    { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: MEMBERS.map((account) => `arn:aws:iam::${account}:role/tunnel-operators`) },
  ]);
});

test.each(MEMBERS)('member %s has a rotator and operators of its own, and tells the hub what it announces', (account) => {
  const member = template(`Member-${account}`);
  member.resourceCountIs('Custom::TunnelTokenCleanup', 1);
  member.hasResourceProperties('AWS::IAM::Role', { RoleName: 'tunnel-operators' });
  const rights = JSON.stringify(readable(member.toJSON()));
  for (const other of MEMBERS.filter((each) => each !== account)) expect(rights).not.toContain(other);
  const targets = Object.values(member.findResources('AWS::Events::Rule')).flatMap(({ Properties }) => Properties.Targets.map(({ Arn }: { Arn: unknown }) => Arn));
  expect(targets).toContain('arn:aws:events:eu-west-1:123456789012:event-bus/tunnel-fleet');
});
