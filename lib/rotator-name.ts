import { createHash } from 'crypto';
import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Parts of these characters can be read back from `Tunnels-Iot-Rotator`. */
const PLAIN = /^[a-zA-Z0-9_]+$/;

/**
 * What an operator calls this rotator: the name of the deployed stack and the construct's path in it, joined by `-`.
 * Unique in an account and region, because stack names are; nested stacks count as part of the path. Where a part holds a hyphen itself, or what
 * a secret's name cannot hold, a digest tells those apart that would look alike: stack `A-B` with `C`, stack `A` with `B-C`.
 * Joined by `-` and not by `/`, so that no rotator's name is a path prefix of another's (their secrets would overlap).
 */
export function rotatorName(rotator: Construct): string {
  const parts = pathOf(rotator);
  const name = parts.join('-').replace(/[^a-zA-Z0-9_+=.@-]/gu, '-');
  return parts.every((part) => PLAIN.test(part)) ? name : `${name}.${digest(parts)}`;
}

/**
 * The same for what takes letters, digits and `_` only, up to so many of them. Not `Names.uniqueResourceName`: that leaves out ids like `Default`, so that
 * a rotator and one in a nested stack of that id would be called alike.
 */
export function underscoredName(construct: Construct, maxLength: number): string {
  const parts = pathOf(construct);
  const suffix = `_${digest(parts)}`;
  return parts.join('_').replace(/[^a-zA-Z0-9_]/g, '').slice(0, maxLength - suffix.length) + suffix;
}

/** What is unique in an account and region. */
function pathOf(construct: Construct): string[] {
  const stack = outermostStack(construct);
  return [stack.stackName, ...construct.node.scopes.slice(stack.node.scopes.length).map((scope) => scope.node.id)];
}

/** No id holds a slash. */
const digest = (parts: string[]): string => createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 8);

export function outermostStack(construct: Construct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}
