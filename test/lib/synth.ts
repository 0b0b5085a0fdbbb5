import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib';

/** A stack with one rotator in it, called as the README calls them. */
export function rotatorStack(props?: TunnelTokenRotatorProps, stackProps?: StackProps) {
  const stack = new Stack(new App(), 'Tunnels', stackProps);
  const rotator = new TunnelTokenRotator(stack, 'Rotator', props);
  return { stack, rotator, template: () => Template.fromStack(stack) };
}

/** The one resource of a type whose logical id begins so. */
export function resource(template: Template, type: string, logicalIdPrefix: string) {
  const found = Object.entries(template.findResources(type)).filter(([id]) => new RegExp(`^${logicalIdPrefix}[0-9A-F]{8}$`).test(id));
  if (found.length !== 1) throw new Error(`expected one ${type} ${logicalIdPrefix}, found ${found.length} of ${Object.keys(template.findResources(type))}`);
  return found[0][1];
}

/** The statements of a role, with intrinsics written as in ARNs: `${AWS::Region}`, `${RotatorLedger}`. */
export function statements(template: Template, logicalIdPrefix: string): object[] {
  return resource(template, 'AWS::IAM::Role', logicalIdPrefix).Properties.Policies
    .flatMap((policy: { PolicyDocument: { Statement: object[] } }) => policy.PolicyDocument.Statement)
    .map(readable);
}

/** Intrinsics as readable strings, for assertions that a human can check against a policy. */
export function readable<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, node) => {
    if (typeof node !== 'object' || node === null || Object.keys(node).length !== 1) return node;
    const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, '');
    if ('Ref' in node) return `\${${node.Ref.startsWith('AWS::') ? node.Ref : withoutHash(node.Ref)}}`;
    if ('Fn::GetAtt' in node) return `\${${withoutHash(node['Fn::GetAtt'][0])}.${node['Fn::GetAtt'][1]}}`;
    if ('Fn::Join' in node) return node['Fn::Join'][1].join(node['Fn::Join'][0]);
    return node;
  });
}
