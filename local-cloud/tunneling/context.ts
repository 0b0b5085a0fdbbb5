import type { Clock } from '../clock';
import type { Behaviour } from './behaviour';
import type { Records } from './records';
import type { Tunnels } from './tunnels';

/** What the actions work on. */
export interface Context {
  readonly tunnels: Tunnels;
  readonly records: Records;
  readonly behaviour: Behaviour;
  readonly clock: Clock;
  readonly region: string;
  /** True with this chance. */
  readonly says: (chance: number) => boolean;
  /** Puts a message on an MQTT topic. */
  readonly publish: (topic: string, payload: string) => void;
}

/** Timestamps travel as seconds since 1970, with a fraction if the service has one. */
export const seconds = (milliseconds: number, { timestampResolutionMs }: Pick<Behaviour, 'timestampResolutionMs'>): number => {
  const resolution = Math.max(1, timestampResolutionMs);
  return (Math.floor(milliseconds / resolution) * resolution) / 1_000;
};
