import { randomBytes } from 'node:crypto';
import { isAccount, Place } from '../place';
import type { Statement } from './policy';
import type { Role } from './roles';

/** Who stands behind an access key, or which AWS service acts by itself. */
export type Principal =
  /** A person or test; may do everything. */
  | { readonly kind: 'user'; readonly arn: string }
  /** One instance of a function; may do what its role allows. */
  | { readonly kind: 'function'; readonly functionName: string; readonly instance: string; readonly role: Role }
  /** Somebody who assumed a role; may do what it allows, and its session policy (`limit`) too if there is one. */
  | { readonly kind: 'session'; readonly name: string; readonly role: Role; readonly limit?: readonly Statement[] }
  /** EventBridge, IoT or Lambda acting for a rule or mapping (`sourceArn`); with a role if it took one on. */
  | { readonly kind: 'service'; readonly name: string; readonly role?: Role; readonly sourceArn?: string };

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Which access key belongs to whom. Signatures are not verified: everything here is on loopback. */
export class PrincipalRegistry {
  private readonly byKey = new Map<string, Principal>();

  /** @param home where users are at home */
  constructor(private readonly home: Place) {}

  issue(principal: Principal): Credentials {
    const accessKeyId = `ASIA${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`;
    this.byKey.set(accessKeyId, principal);
    return { accessKeyId, secretAccessKey: randomBytes(30).toString('base64'), sessionToken: randomBytes(48).toString('base64') };
  }

  /** A key that was not issued here is a user's: any `AWS_ACCESS_KEY_ID` works; twelve digits name the account that the user is of. */
  whoIs(accessKeyId: string): Principal {
    const place = isAccount(accessKeyId) ? new Place(accessKeyId, this.home.region) : this.home;
    return this.byKey.get(accessKeyId) ?? { kind: 'user', arn: place.globalArn('iam', `user/${accessKeyId}`) };
  }
}

/** As STS names the caller. */
export function principalArn(principal: Principal): string {
  switch (principal.kind) {
    case 'user': return principal.arn;
    case 'function': return sessionArn(principal.role, principal.functionName);
    case 'session': return sessionArn(principal.role, principal.name);
    case 'service': return principal.role ? sessionArn(principal.role, principal.name) : principal.name;
  }
}

/** The account that a caller is of; undefined for an AWS service that acts by itself. */
export const accountOf = (principal: Principal): string | undefined => principalArn(principal).split(':')[4];

const sessionArn = (role: Role, name: string) => `${role.arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${name}`;
