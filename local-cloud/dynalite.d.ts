declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** DynamoDB on LevelDB; see https://github.com/architect/dynalite. */
  export default function dynalite(options?: { createTableMs?: number; updateTableMs?: number; deleteTableMs?: number }): Server;
}
