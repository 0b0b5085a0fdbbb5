// Compiles the constructs in place, as jsii demands. What it would warn of is meant so: names that are reserved words in some language, development
// with a newer aws-cdk-lib than the oldest supported (npm run check:consumer has both), and Node 20, past its end of life, where consumers may still be.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jsii = createRequire(import.meta.url).resolve('jsii/bin/jsii');
execFileSync(process.execPath, [jsii, '--silence-warnings=reserved-word', '--silence-warnings=metadata/missing-dev-dependency'], {
  stdio: 'inherit', env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
});
