import type { Operation } from '../faults';

/** What a call reads and writes of what others can see. Ends of strands and their accounts are looked at where the ledger is. */
type Thing = 'tunnels' | 'ledger' | 'vault' | 'queue' | 'accounts' | 'bookmark';
interface Touched {
  readonly reads: readonly Thing[];
  readonly writes: readonly Thing[];
}

const TOUCHED: Readonly<Record<Operation, Touched>> = {
  observe: { reads: ['tunnels'], writes: [] },
  list: { reads: ['tunnels'], writes: [] },
  rotate: { reads: ['tunnels'], writes: ['tunnels', 'accounts'] },
  read: { reads: ['ledger'], writes: [] },
  scan: { reads: ['ledger'], writes: [] },
  claim: { reads: ['ledger'], writes: ['ledger'] },
  commit: { reads: ['ledger'], writes: ['ledger'] },
  release: { reads: ['ledger'], writes: ['ledger'] },
  remove: { reads: ['ledger'], writes: ['ledger'] },
  inspect: { reads: ['vault'], writes: [] },
  // A delivery is judged by whether its token is still the live one.
  deliver: { reads: ['vault', 'tunnels'], writes: ['vault', 'accounts'] },
  destroy: { reads: ['vault'], writes: ['vault'] },
  // It may be a strand's last call, and then its claims are looked for.
  send: { reads: ['ledger'], writes: ['queue'] },
  announce: { reads: ['ledger'], writes: [] },
  carry: { reads: ['tunnels'], writes: ['accounts'] },
  bookmark: { reads: ['ledger', 'bookmark'], writes: ['bookmark'] },
};

/** Both orders of two calls that are answered lead to the same state. */
export function areIndependent(one: Operation, other: Operation): boolean {
  return isUnseen(TOUCHED[one], TOUCHED[other]) && isUnseen(TOUCHED[other], TOUCHED[one]);
}

const isUnseen = ({ writes }: Touched, other: Touched) => !writes.some((thing) => other.reads.includes(thing) || other.writes.includes(thing));
