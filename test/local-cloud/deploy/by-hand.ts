import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalCloud } from '../../../local-cloud/cloud';
import type { Deployment } from '../../../local-cloud/deploy/deployment';

/** Deploys a template that is written by hand, under one name again and again; its functions run the fixtures' handler. */
export function byHand(running: { readonly cloud: LocalCloud }): (resources: object, sections?: object) => Promise<Deployment> {
  const directory = mkdtempSync(path.join(tmpdir(), 'assembly-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const write = (file: string, content: object) => writeFileSync(path.join(directory, file), JSON.stringify(content));
  return (Resources, sections = {}) => {
    write('manifest.json', { artifacts: { Hand: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Hand.json' } } } });
    write('Hand.assets.json', {
      files: { handler: { source: { path: path.join(__dirname, '..', 'fixtures', 'handler'), packaging: 'zip' }, destinations: { here: { objectKey: 'handler.zip' } } } },
    });
    write('Hand.json', { Resources, ...sections });
    return running.cloud.deploy(directory);
  };
}

/** A role that a service can take on. */
export const role = (statement: object, trusted = 'lambda.amazonaws.com', Condition: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: { Statement: { Effect: 'Allow', Principal: { Service: trusted }, Action: 'sts:AssumeRole', Condition } },
    Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: statement } }],
  },
});

export const handler = (Role: readonly string[], rest = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Code: { S3Bucket: 'assets', S3Key: 'handler.zip' }, Handler: 'index.handler', Runtime: 'nodejs22.x', Role: { 'Fn::GetAtt': Role }, ...rest },
});
