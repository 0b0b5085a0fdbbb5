import { endingOf } from '../../../connector/aws/access';
import { awsCall, isAbsence } from '../../../connector/aws/aws-call';
import { ENDINGS } from '../../../connector/session/endings';
import { classify, SecretFormatError } from '../../../connector/session/failures';
import { parseSecret } from '../../../connector/aws/secret-format';

const PERMISSION = { action: 'secretsmanager:GetSecretValue', resource: 'arn:aws:secretsmanager:eu-west-1:*:secret:p/T/source-??????' };
const thrown = (name: string, status?: number, message = '', more: object = {}) =>
  Object.assign(new Error(message), { name, ...(status && { $metadata: { httpStatusCode: status } }), ...more });
const failure = (error: unknown) => awsCall(PERMISSION, () => Promise.reject(error)).catch((e) => e);

describe('the exit codes', () => {
  it('are distinct', () => {
    const codes = Object.values(ENDINGS).map(([code]) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('a failed call', () => {
  it.each<[string, unknown, string, string]>([
    ['denied', thrown('AccessDeniedException', 400), 'access-denied', 'AccessDeniedException'],
    ['denied by IoT', thrown('ForbiddenException', 403), 'access-denied', 'ForbiddenException'],
    ['no credentials', thrown('CredentialsProviderError'), 'credentials', 'CredentialsProviderError'],
    ['credentials ran out', thrown('ExpiredTokenException', 400), 'credentials', 'ExpiredTokenException'],
    ['credentials of nobody', thrown('UnrecognizedClientException', 400), 'credentials', 'UnrecognizedClientException'],
    ['throttled', thrown('ThrottlingException', 400), 'busy', 'ThrottlingException'],
    ['broken', thrown('InternalServiceError', 500), 'busy', 'InternalServiceError'],
    ['refused', thrown('ValidationException', 400), 'refused', 'ValidationException'],
    ['no network', thrown('Error', undefined, 'connect ECONNREFUSED', { code: 'ECONNREFUSED' }), 'unreachable', 'ECONNREFUSED'],
    ['not understood', thrown('SyntaxError', 200, 'Unexpected token L in LOCALCAT'), 'unreachable', 'SyntaxError'],
  ])('is of one kind: %s', (_, error, kind, code) => {
    expect(classify(error)).toEqual({ kind, code });
  });

  it('carries nothing of the answer', async () => {
    const error = await failure(thrown('SyntaxError', 200, 'LOCALCAT', { $response: { body: 'LOCALCAT' } }));
    expect(JSON.stringify(error) + String(error) + String(error.stack) + String(error.cause)).not.toContain('LOCALCAT');
  });

  it('is none if we aborted it', async () => {
    const abort = thrown('AbortError');
    expect(await failure(abort)).toBe(abort);
  });

  it.each([['ResourceNotFoundException', true], ['InvalidRequestException', true], ['ValidationException', false]])('may mean that there is nothing: %s', async (name, absent) => {
    expect(isAbsence(await failure(thrown(name, 400)))).toBe(absent);
  });
});

describe('an ending by AccessDenied', () => {
  const me = { account: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/operator/jo' };

  it('prints the statement that is missing, and names grantConnect', async () => {
    const { name, details } = endingOf(await failure(thrown('AccessDeniedException', 400)), me)!;
    expect(name).toBe('access-denied');
    expect(details[0]).toBe(`${me.arn} lacks this statement:`);
    expect(JSON.parse(details.slice(1, -2).join('\n'))).toEqual({
      Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:p/T/source-??????',
    });
    expect(details.at(-2)).toContain('does not exist');
    expect(details.at(-1)).toContain('rotator.grantConnect(');
  });

  it('does without knowing who we are', async () => {
    const { details } = endingOf(await failure(thrown('AccessDeniedException', 400)), undefined)!;
    expect(details.join('\n')).toContain('secretsmanager:eu-west-1:*:secret');
  });

  it('names kms:Decrypt when it was the key that refused', async () => {
    const { details } = endingOf(await failure(thrown('AccessDeniedException', 400, 'Access to KMS is not allowed')), me)!;
    expect(details.join('\n')).toContain('kms:Decrypt');
  });
});

describe('a secret', () => {
  const good = { schemaVersion: 1, token: 'LOCALCAT-secret', proof: 'LOCALCAT-proof', clientMode: 'SOURCE', tunnelId: 'T', region: 'eu-west-1', services: [], generation: 7, expiresAt: '2026-03-01T12:00:00Z' };

  it('holds a token, and beside it the proof that it was read', () => {
    const version = parseSecret('p/T/source', JSON.stringify(good));
    expect(version.token.reveal() === good.token).toBe(true);
    expect(version.proof?.reveal() === good.proof).toBe(true);
    expect(version.generation).toBe(7);
    expect(JSON.stringify(version)).not.toContain('LOCALCAT');
  });

  it.each<[string, string | undefined, string]>([
    ['not JSON', 'LOCALCAT', 'does not hold a JSON object'],
    ['binary', undefined, 'does not hold a JSON object'],
    ['a list', '["LOCALCAT"]', 'does not hold a JSON object'],
    ['of a later version', JSON.stringify({ ...good, schemaVersion: 2 }), 'schemaVersion 1'],
    ['of the other side', JSON.stringify({ ...good, clientMode: 'DESTINATION' }), 'clientMode SOURCE'],
    ['empty', JSON.stringify({ ...good, token: '' }), 'holds no token'],
    ['without proof', JSON.stringify({ ...good, proof: undefined }), 'holds no proof'],
  ])('that is something else says so, without its value: %s', (_, text, message) => {
    let error: unknown;
    try {
      parseSecret('p/T/source', text);
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(SecretFormatError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('LOCALCAT');
    expect(endingOf(error, undefined)!.name).toBe('refused');
  });
});
