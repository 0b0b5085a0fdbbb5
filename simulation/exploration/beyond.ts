/** Seeded bugs that no small world can hold, each with what it would take. */
export const BEYOND: readonly { readonly bug: string; readonly why: string }[] = [
  { bug: 'There is no budget.', why: 'it takes eleven drops of one tunnel to empty a budget' },
  { bug: 'A rotation costs three tokens of the budget.', why: 'it takes four drops of one tunnel to empty a budget of ten' },
  {
    bug: 'Rechecks are neither counted nor joined, so they never end.',
    why: 'harm is a queue that swells; here time ends two sweeps after the last thing that happens, and each recheck is worked off',
  },
  {
    bug: 'A proof of the row\'s version is believed while an expired claim stands.',
    why: 'what lies in the secret is looked up as well, and tells that the proof is old; only a hundred deliveries that nobody paid for do harm',
  },
  {
    bug: 'A recheck forgets the proof.',
    why: 'who holds the claim that a proof waits for was hit by a fault, and its own message comes again, with the proof: it takes several faults',
  },
  { bug: 'No grace is given.', why: 'no small world has a grace' },
  { bug: 'Grace is waited for ten minutes longer than it was set.', why: 'no small world has a grace' },
  { bug: 'Tunnels out of scope are served.', why: 'no small world has a scope' },
  { bug: 'A side that is not served is rotated.', why: 'small worlds have the source side only' },
  { bug: 'Whenever one side drops, both are rotated.', why: 'small worlds have the source side only' },
  { bug: 'The sweep forgets a row\'s other side.', why: 'small worlds have the source side only' },
  { bug: 'A destination token that was not heard is never made again.', why: 'small worlds have the source side only' },
  { bug: 'A request rotates a token that lies there unused.', why: 'nobody requests a token in a small world' },
  {
    bug: 'After a rotation that died, the row\'s own proof is worth nothing.',
    why: 'it takes a proof and a crash, a world that has not been gone through yet',
  },
  {
    bug: 'Commit comes before deliver.',
    why: 'it fell in 319 states until a row that is ahead of its secret was looked up; the simulation finds it, the small worlds tried so far no longer do',
  },
  { bug: 'Nobody joins anybody\'s look.', why: 'harm is many calls, and here each signal has an instance of its own' },
];
