/**
 * What the client is told, as the body of an HTTP 400, unless `Behaviour.refusals` has other words. AWS's own sentence is
 * known for `previously-used` alone; the others are modelled on it.
 */
export const REFUSALS = {
  'request-too-large': 'Invalid request: The request is larger than 4096 bytes.',
  'path-unknown': 'Invalid path: Only /tunnel is served.',
  'mode-invalid': 'Invalid local proxy mode: The parameter local-proxy-mode must be source or destination.',
  'token-missing': 'Invalid access token: No access token was found in the request.',
  'token-repeated': 'Invalid access token: More than one access token was found in the request.',
  'token-unknown': 'Invalid access token: The access token is not valid.',
  'token-revoked': 'Invalid access token: The access token was revoked and can not be used.',
  'mode-mismatch': 'Invalid access token: The access token does not match the local proxy mode.',
  'tunnel-closed': 'Invalid access token: The tunnel is closed.',
  'previously-used': 'Invalid access token: The access token was previously used and can not be used again.',
  'client-token-repeated': 'Invalid client token: More than one client token was found in the request.',
  'client-token-malformed': 'Invalid client token: The client token must match ^[a-zA-Z0-9-]{32,128}$.',
  'client-token-mismatch': 'Invalid client token: The access token was used with another client token.',
  'client-token-taken': 'Invalid client token: The client token is in use with another tunnel.',
  'protocol-unsupported': 'Invalid Sec-WebSocket-Protocol: None of the requested protocols is supported.',
} as const;
export type Refusal = keyof typeof REFUSALS;
