/** Time as the local cloud sees it; tests put a manual one in its place. */
export interface Clock {
  now(): number;
  /** Runs `action` once after `delay` milliseconds; returns what cancels it. Never keeps the process alive. */
  after(delay: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, action) {
    const timer = setTimeout(action, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
