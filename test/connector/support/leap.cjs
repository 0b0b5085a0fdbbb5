// Loaded before a program: its clock runs as the system's, and leaps when its parent says so, as on a machine that slept.
const real = { now: Date.now, setTimeout: global.setTimeout, clearTimeout: global.clearTimeout };
const pending = new Set();
let ahead = 0;

Date.now = () => real.now() + ahead;

class Timer {
  constructor(action, delay) {
    this.action = action;
    this.due = Date.now() + delay;
    this.arm();
  }

  arm() {
    real.clearTimeout(this.timer);
    pending.add(this);
    this.timer = real.setTimeout(() => {
      pending.delete(this);
      this.action();
    }, Math.max(1, this.due - Date.now()));
  }

  unref() {
    this.timer.unref();
    return this;
  }

  ref() {
    this.timer.ref();
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.timer[Symbol.toPrimitive]();
  }
}

global.setTimeout = (action, delay = 0, ...args) => new Timer(() => action(...args), delay);
global.clearTimeout = (timer) => {
  pending.delete(timer);
  real.clearTimeout(timer instanceof Timer ? timer.timer : timer);
};

process.on('message', (milliseconds) => {
  ahead += milliseconds;
  for (const timer of [...pending].sort((a, b) => a.due - b.due)) timer.arm();
});
process.channel.unref();
