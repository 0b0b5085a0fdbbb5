// Stands in for the `level` package in the bundled local cloud: its native database can't be bundled, and tables live in memory.
exports.Level = class {
  constructor() {
    throw new Error('the local cloud keeps its tables in memory only');
  }
};
