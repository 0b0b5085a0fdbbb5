import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { UsageError } from '../session/failures';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Where Linux distributions and the BSDs keep what their administrator trusts. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem', '/etc/ssl/cert.pem',
];

/**
 * Whom to believe about the service's name: those that Node.js and the system trust (a company's own web proxy is known to the
 * system alone), and those of `path`, a PEM file or a directory of them.
 *
 * @throws UsageError if there is no certificate at `path`
 */
export function trust(path: string | undefined, env: NodeJS.ProcessEnv): tls.SecureContext {
  const own = path === undefined ? [] : certificatesAt(path);
  if (own.length === 0 && path !== undefined) throw new UsageError(`There is no certificate (PEM) at ${path}.`);
  return tls.createSecureContext({ ca: [...new Set([...trustedAnyway(env), ...own])] });
}

function trustedAnyway(env: NodeJS.ProcessEnv): readonly string[] {
  // Node.js 22.15 and newer ask the system themselves, on Windows and macOS too.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default' | 'system') => string[] };
  if (getCACertificates) return [...getCACertificates('default'), ...getCACertificates('system')];
  const files = [env.NODE_EXTRA_CA_CERTS, env.SSL_CERT_FILE, ...BUNDLES].filter((file) => file !== undefined && file !== '') as string[];
  return [...tls.rootCertificates, ...files.flatMap((file) => certificatesIn(file))];
}

function certificatesAt(path: string): string[] {
  try {
    return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => certificatesIn(join(path, name))) : certificatesIn(path);
  } catch {
    return [];
  }
}

/** None if the file is no such file, or nobody may read it. */
function certificatesIn(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').match(PEM) ?? [];
  } catch {
    return [];
  }
}
