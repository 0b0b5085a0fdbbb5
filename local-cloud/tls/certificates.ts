import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isIP } from 'node:net';
import path from 'node:path';

export interface Certificates {
  /** PEM of the authority that clients must trust. */
  readonly ca: string;
  /** PEM of the server's certificate and its private key. */
  readonly cert: string;
  readonly key: string;
  readonly caFile: string;
  /** Holds the authority under the name that OpenSSL looks for: the official local proxy's `-c`. */
  readonly caDirectory: string;
  /** Takes the files away. */
  remove(): Promise<void>;
}

const AUTHORITY = 'tunnel-local-cloud';
/** What `openssl x509 -hash` says of the subject `CN = tunnel-local-cloud`; it depends on nothing else. */
const AUTHORITY_HASH = 'b86a24e0';

/** An authority of its own for every start, and a certificate for this host. The authority's key is thrown away. */
export async function makeCertificates(host: string): Promise<Certificates> {
  // Loaded when it is wanted: nothing else here needs it, and it takes a while.
  const { default: selfsigned } = await import('selfsigned');
  const common = { keyType: 'ec', algorithm: 'sha256' } as const;
  const authority = await selfsigned.generate([{ name: 'commonName', value: AUTHORITY }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names(host) },
    ],
  });

  const caDirectory = await mkdtemp(path.join(tmpdir(), 'tunnel-local-cloud-ca-'));
  const caFile = path.join(caDirectory, 'ca.pem');
  await Promise.all([caFile, path.join(caDirectory, `${AUTHORITY_HASH}.0`)].map((file) => writeFile(file, authority.cert)));
  return {
    ca: authority.cert, cert: server.cert, key: server.private, caFile, caDirectory,
    remove: () => rm(caDirectory, { recursive: true, force: true }),
  };
}

function names(host: string) {
  const addresses = new Set(['127.0.0.1', '::1', ...(isIP(host) ? [host] : [])]);
  const hosts = new Set(['localhost', ...(isIP(host) ? [] : [host])]);
  return [...[...hosts].map((value) => ({ type: 2 as const, value })), ...[...addresses].map((ip) => ({ type: 7 as const, ip }))];
}
