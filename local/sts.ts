import { principalArn, type PrincipalRegistry } from './iam/principals';
import { ACCOUNT } from './service';
import type { QueryService } from './wire/query';

/** AWS STS: who am I. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function createSts(principals: PrincipalRegistry): QueryService {
  return {
    name: 'sts',
    version: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    actions: {
      GetCallerIdentity: ({ accessKeyId }) => ({ Arn: principalArn(principals.whoIs(accessKeyId)), UserId: accessKeyId, Account: ACCOUNT }),
    },
    // Everybody may ask, whatever their policies say.
    needs: () => [],
  };
}
