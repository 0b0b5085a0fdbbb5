import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';

let directory: string | undefined;

/** The rivals' stacks, as `cdk synth` writes them; once a run. */
export function rivalAssembly(): string {
  if (directory === undefined) {
    directory = mkdtempSync(join(tmpdir(), 'bench-rivals-'));
    const app = new App({ outdir: directory });
    const afternoon = new Stack(app, 'Afternoon');
    new Rule(afternoon, 'EveryMinute', { schedule: Schedule.rate(Duration.minutes(1)), targets: [new LambdaFunction(functionOf(afternoon, 'afternoon'))] });
    functionOf(new Stack(app, 'TwoCalls'), 'two-calls');
    app.synth();
  }
  return directory;
}

function functionOf(stack: Stack, name: string): NodejsFunction {
  const made = new NodejsFunction(stack, 'Function', {
    entry: join(__dirname, `${name}.ts`), runtime: Runtime.NODEJS_22_X, timeout: Duration.minutes(1), memorySize: 256, bundling: { bundleAwsSDK: true },
  });
  made.addToRolePolicy(new PolicyStatement({
    actions: [
      'iot:ListTunnels', 'iot:DescribeTunnel', 'iot:RotateTunnelAccessToken', 'secretsmanager:PutSecretValue', 'secretsmanager:CreateSecret',
    ],
    resources: ['*'],
  }));
  return made;
}
