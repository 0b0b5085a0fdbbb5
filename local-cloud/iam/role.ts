import { PolicyError } from './errors';
import { parsePolicy, type Statement } from './policy';

/** A role that the template made: what it may do, and who may take it on. Whoever has taken it on notices when that changes. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly trust: readonly Statement[];
  readonly statements: readonly Statement[];
  /** What the role may do at most, whatever its policies allow. */
  readonly boundary?: readonly Statement[];
}

/** What a role's own resource says of it. */
export interface OwnPart {
  readonly trust: readonly Statement[];
  readonly documents: readonly unknown[];
  readonly statements: readonly Statement[];
  readonly managedPolicyArns: readonly string[];
  readonly boundary?: string;
}

export class KnownRole implements Role {
  /** Inline policies that are resources of their own, by name. */
  private readonly inline = new Map<string, { readonly document: unknown; readonly statements: readonly Statement[] }>();
  private readonly attached = new Set<string>();

  constructor(readonly name: string, readonly arn: string, private own: OwnPart, private readonly managed: (policyArn: string) => readonly Statement[]) {
    this.checkInline(own.documents);
  }

  get trust(): readonly Statement[] {
    return this.own.trust;
  }

  get statements(): readonly Statement[] {
    const managed = new Set([...this.own.managedPolicyArns, ...this.attached]);
    return [...this.own.statements, ...[...this.inline.values()].flatMap(({ statements }) => statements), ...[...managed].flatMap(this.managed)];
  }

  get boundary(): readonly Statement[] | undefined {
    return this.own.boundary === undefined ? undefined : this.managed(this.own.boundary);
  }

  change(own: OwnPart): void {
    this.checkInline([...own.documents, ...this.documents()]);
    this.own = own;
  }

  put(policyName: string, policy: unknown): void {
    const statements = parsePolicy(policy);
    this.checkInline([...this.own.documents, ...this.documents(policyName), policy]);
    this.inline.set(policyName, { document: policy, statements });
  }

  delete(policyName: string): void {
    this.inline.delete(policyName);
  }

  attach(policyArn: string): void {
    this.attached.add(policyArn);
  }

  detach(policyArn: string): void {
    this.attached.delete(policyArn);
  }

  private documents(except?: string): unknown[] {
    return [...this.inline].filter(([name]) => name !== except).map(([, { document }]) => document);
  }

  private checkInline(documents: readonly unknown[]): void {
    checkSize(documents, 10_240, `Maximum policy size of 10240 bytes exceeded for role ${this.name}`);
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; white space between values does not count. */
export function checkSize(documents: unknown, most: number, refusal: string): void {
  const size = [documents].flat().reduce<number>((sum, document) => sum + Buffer.byteLength(JSON.stringify(document)), 0);
  if (size > most) throw new PolicyError(refusal);
}
