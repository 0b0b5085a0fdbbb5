import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isRecord } from '../inputs';
import { DeploymentError } from './errors';

/** What `cdk synth` wrote for one stack. */
export interface StackAssembly {
  readonly stackName: string;
  /** As the stack's `env` says; undefined: wherever it is deployed. */
  readonly account?: string;
  readonly region?: string;
  readonly template: Readonly<Record<string, unknown>>;
  /** Directory or file of an asset, by the key that the template has for it (`<hash>.zip`). */
  assetPath(objectKey: string): string;
}

/** Names of the stacks in a cloud assembly. @throws DeploymentError if it is none */
export const stackNames = (directory: string): string[] => stacksIn(directory).map(({ name }) => name);

/**
 * Reads a cloud assembly.
 * @param stackName name or artifact id; may be left out if there is one stack only
 * @throws DeploymentError when there is no assembly, no such stack, or more than one to choose from
 */
export function readAssembly(directory: string, stackName?: string): StackAssembly {
  const stacks = stacksIn(directory);
  const chosen = stackName === undefined ? stacks : stacks.filter(({ id, name }) => id === stackName || name === stackName);
  if (chosen.length !== 1) {
    const names = stacks.map(({ name }) => name).join(', ') || 'none';
    throw new DeploymentError(stackName === undefined
      ? `'${directory}' holds ${stacks.length} stacks (${names}); say which one` : `'${directory}' has no stack '${stackName}'; it has ${names}`);
  }
  const [{ name, id, templateFile, account, region }] = chosen;
  const assets = readAssets(directory, id);
  return {
    stackName: name, account, region,
    template: readJson(path.join(directory, templateFile)),
    assetPath(objectKey) {
      const asset = assets.get(objectKey);
      if (!asset) throw new DeploymentError(`the assembly has no asset '${objectKey}'`);
      return asset;
    },
  };
}

function stacksIn(directory: string) {
  const manifestFile = path.join(directory, 'manifest.json');
  if (!existsSync(manifestFile)) throw new DeploymentError(`'${directory}' is no cloud assembly (it has no manifest.json); run 'npx cdk synth' first`);
  const artifacts = Object.entries(record(readJson(manifestFile).artifacts));
  return artifacts.filter(([, artifact]) => record(artifact).type === 'aws:cloudformation:stack').map(([id, artifact]) => {
    const properties = record(record(artifact).properties);
    return { id, name: String(properties.stackName ?? id), templateFile: String(properties.templateFile), ...environmentOf(record(artifact).environment) };
  });
}

/** `aws://123456789012/eu-west-1`, or `aws://unknown-account/unknown-region` for a stack that doesn't care. */
function environmentOf(environment: unknown): Pick<StackAssembly, 'account' | 'region'> {
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(String(environment)) ?? [];
  return { account: account === 'unknown-account' ? undefined : account, region: region === 'unknown-region' ? undefined : region };
}

function readAssets(directory: string, artifactId: string): Map<string, string> {
  const file = path.join(directory, `${artifactId}.assets.json`);
  const files = existsSync(file) ? Object.values(record(readJson(file).files)) : [];
  return new Map(files.flatMap((entry) => {
    const { source, destinations } = record(entry);
    const source_ = record(source);
    if (typeof source_.path !== 'string') return [];
    const location = path.resolve(directory, source_.path);
    return Object.values(record(destinations)).map((destination) => [String(record(destination).objectKey), location] as const);
  }));
}

/** @throws DeploymentError unless it is a directory: bundles are not unzipped here. */
export function bundleDirectory(location: string): string {
  if (!statSync(location).isDirectory()) throw new DeploymentError(`asset '${location}' is a file; the local cloud runs functions from directories`);
  return location;
}

const readJson = (file: string) => record(JSON.parse(readFileSync(file, 'utf8')));
const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
