'use strict';
/** Jest's reporter of where a run's time went: beside the workers' seconds, the ten slowest files. */
module.exports = class SlowestFiles {
  onRunComplete(_contexts, { testResults, startTime }) {
    const files = testResults.map(({ testFilePath, perfStats }) => ({ seconds: (perfStats.end - perfStats.start) / 1000, testFilePath }))
      .sort((a, b) => b.seconds - a.seconds);
    if (files.length < 10) return;
    const workers = files.reduce((sum, { seconds }) => sum + seconds, 0);
    const lines = files.slice(0, 10).map(({ seconds, testFilePath }) => `  ${seconds.toFixed(1).padStart(6)} s  ${testFilePath.replace(`${process.cwd()}/`, '')}`);
    const elapsed = (Date.now() - startTime) / 1000;
    process.stderr.write(`\n${files.length} test files took ${workers.toFixed(0)} s of the workers' time, ${elapsed.toFixed(0)} s on the clock. The slowest:\n${lines.join('\n')}\n`);
  }
};
