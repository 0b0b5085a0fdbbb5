import { CONTROL } from './control-rows';
import { HANDSHAKE } from './handshake-rows';
import { LIFECYCLE } from './lifecycle-rows';
import { MESSAGES } from './message-rows';
import type { LocalRow, Row } from './row';
import { STREAMS } from './stream-rows';
import { VALIDATION } from './validation-rows';

/** The conformance table, by chapter. */
export const CONFORMANCE: Readonly<Record<string, readonly (Row | LocalRow)[]>> = {
  'Control API': CONTROL,
  'Validation of requests': VALIDATION,
  'Tokens and connection states': LIFECYCLE,
  'Handshake of the data plane': HANDSHAKE,
  'Messages of the data plane': MESSAGES,
  'Streams through the tunnel': STREAMS,
};
