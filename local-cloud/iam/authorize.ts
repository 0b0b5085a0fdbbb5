import type { Circumstances } from '../place';
import { AwsError, type Need } from '../service';
import { evaluate, evaluateTogether } from './evaluate';
import { parsePolicy, type Statement } from './policy';
import { principalArn, type Principal } from './principals';
import { globalContext, type Role } from './roles';

/**
 * Checks every need of a call against the caller's role and the resource's own policy. Users may do everything.
 * @throws AwsError AccessDeniedException, in the words that AWS uses; PolicyError if a policy cannot be judged.
 */
export function authorize(principal: Principal, needs: readonly Need[], circumstances: Circumstances): void {
  if (principal.kind === 'user') return;
  for (const need of needs) {
    const verdict = judge(principal, need, circumstances);
    if (verdict !== 'allowed') throw denial(principal, need, verdict === 'denied');
  }
}

/**
 * May this AWS service take on the role, on behalf of this rule or function?
 * @throws AwsError AccessDeniedException
 */
export function assumeRole(role: Role, serviceName: string, sourceArn: string, now: number): Principal {
  const verdict = evaluate(role.trust, {
    action: 'sts:AssumeRole',
    resource: role.arn,
    context: globalContext(serviceName, { place: placeOf(sourceArn), now }, sourceContext(sourceArn)),
    principal: { type: 'Service', name: serviceName },
  });
  if (verdict !== 'allowed') {
    throw new AwsError('AccessDeniedException', `${serviceName} is not authorized to perform: sts:AssumeRole on resource: ${role.arn} for ${sourceArn}`);
  }
  return { kind: 'service', name: serviceName, role, sourceArn };
}

/**
 * Lets a person, or whoever acts as a role, act as another role, if that trusts them.
 * @throws AwsError AccessDenied
 */
export function openSession(role: Role, caller: Principal, name: string, now: number, limit?: readonly Statement[]): Principal {
  const callerArn = caller.kind === 'user' ? caller.arn : caller.role?.arn ?? principalArn(caller);
  const verdict = evaluate(role.trust, {
    action: 'sts:AssumeRole',
    resource: role.arn,
    context: globalContext(callerArn, { place: placeOf(role.arn), now }, { 'sts:RoleSessionName': name }),
    principal: { type: 'AWS', name: callerArn },
  });
  if (verdict === 'allowed') return { kind: 'session', name, role, limit };
  throw new AwsError('AccessDenied', `User: ${principalArn(caller)} is not authorized to perform: sts:AssumeRole on resource: ${role.arn}`, 403);
}

const sourceContext = (sourceArn: string) => ({ 'aws:SourceArn': sourceArn, 'aws:SourceAccount': placeOf(sourceArn).account });

function placeOf(arn: string): Circumstances['place'] {
  const [, , , region, account] = arn.split(':');
  return { account, region };
}

function judge(principal: Exclude<Principal, { kind: 'user' }>, need: Need, circumstances: Circumstances) {
  const { role } = principal;
  const name = principal.kind === 'function' ? principal.functionName : principal.name;
  const source = principal.kind === 'service' && principal.sourceArn ? sourceContext(principal.sourceArn) : {};
  const context = globalContext(role?.arn ?? name, circumstances, { ...need.context, ...source });
  const who = role ? { type: 'AWS' as const, name: role.arn } : { type: 'Service' as const, name };
  const resourcePolicy = need.resourcePolicy ? parsePolicy(need.resourcePolicy) : [];
  const request = { action: need.action, resource: need.resource, context, principal: who };
  const verdict = evaluateTogether(role?.statements ?? [], resourcePolicy, request);
  // A boundary and a session policy take away, and never give.
  const limits = [role?.boundary, principal.kind === 'session' ? principal.limit : undefined];
  return limits.reduce((so, limit) => (so === 'allowed' && limit ? evaluate(limit, request) : so), verdict);
}

function denial(principal: Exclude<Principal, { kind: 'user' }>, { action, resource }: Need, explicit: boolean): AwsError {
  const kind = principal.kind === 'service' && !principal.role ? 'resource' : 'identity';
  const why = explicit ? 'with an explicit deny in a policy' : `because no ${kind}-based policy allows the ${action} action`;
  return new AwsError(
    'AccessDeniedException',
    `User: ${principalArn(principal)} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
  );
}
