// Compiles the constructs in place, as jsii demands. It warns of Node 20, which is past its end of life, at each start: consumers may still be there.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jsii = createRequire(import.meta.url).resolve('jsii/bin/jsii');
execFileSync(process.execPath, [jsii, '--silence-warnings=reserved-word'], {
  stdio: 'inherit', env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
});
