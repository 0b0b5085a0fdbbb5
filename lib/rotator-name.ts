import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/**
 * What an operator calls this rotator: the name of the deployed stack and the construct's path in it, joined by `-`.
 * Unique in an account and region, because stack names are; nested stacks count as part of the path.
 * Joined by `-` and not by `/`, so that no rotator's name is a path prefix of another's (their secrets would overlap).
 */
export function rotatorName(rotator: Construct): string {
  const stack = outermostStack(rotator);
  const ids = rotator.node.scopes.slice(stack.node.scopes.length).map((scope) => scope.node.id);
  return [stack.stackName, ...ids].join('-').replace(/[^a-zA-Z0-9_+=.@-]/g, '-');
}

function outermostStack(construct: Construct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}
