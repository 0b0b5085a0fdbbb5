/** A directory that all workers of this run share, and that is gone after it. */
export function runDirectory(): string {
  const directory = process.env.TEST_RUN_DIRECTORY;
  if (directory === undefined) throw new Error('TEST_RUN_DIRECTORY is not set: jest.config.js names what sets it');
  return directory;
}
