export * from './assets/connect/library';
