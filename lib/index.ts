export * from './disconnect-source';
export * from './tunnel-token-rotator';
