// Stands in for the SDK's chain of credential providers in what runs in Lambda: there, they stand in the environment. The chain would bring
// along clients for SSO and STS, and an XML parser, a quarter of the bundle.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
import { fromEnv } from '@aws-sdk/credential-provider-env';

export const defaultProvider = () => fromEnv();
