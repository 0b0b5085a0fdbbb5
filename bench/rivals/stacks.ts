import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';

const directories = new Map<string, string>();

/** The stacks of what stands beside ours, as `cdk synth` writes them; once a run. */
export function rivalAssembly(name: 'afternoon' | 'two-calls'): string {
  const made = directories.get(name);
  if (made !== undefined) return made;
  const outdir = mkdtempSync(join(tmpdir(), 'bench-rival-'));
  directories.set(name, outdir);
  const app = new App({ outdir });
  const stack = new Stack(app, name === 'afternoon' ? 'Afternoon' : 'TwoCalls');
  const target = functionOf(stack, name);
  if (name === 'afternoon') new Rule(stack, 'EveryMinute', { schedule: Schedule.rate(Duration.minutes(1)), targets: [new LambdaFunction(target)] });
  new CfnOutput(stack, 'SecretPrefix', { value: name });
  app.synth();
  return outdir;
}

function functionOf(stack: Stack, name: string): NodejsFunction {
  const made = new NodejsFunction(stack, 'Function', {
    entry: join(__dirname, `${name}.ts`), runtime: Runtime.NODEJS_22_X, timeout: Duration.minutes(1), memorySize: 256,
    bundling: { bundleAwsSDK: true, logLevel: LogLevel.ERROR },
  });
  made.addToRolePolicy(new PolicyStatement({
    actions: [
      'iot:ListTunnels', 'iot:DescribeTunnel', 'iot:RotateTunnelAccessToken', 'secretsmanager:PutSecretValue', 'secretsmanager:CreateSecret',
    ],
    resources: ['*'],
  }));
  return made;
}
