import type { InterceptedCall } from '../local-cloud/calls';
import type { LocalCloud } from '../local-cloud/cloud';
import type { Dice } from '../local-cloud/weather/dice';
import { FAIR, type Forecast } from '../local-cloud/weather/forecast';

/** Everything at once, for every call of every caller. */
const STORM: Forecast = {
  calls: [
    { on: '*', latency: [2, 60], errors: 0.03, timeouts: 0.01, resets: 0.02 },
    { on: '*', errors: 0.02, timeouts: 0.01, resets: 0.02, moment: 'after' },
  ],
  duplicates: 0.1,
  reorder: true,
  functionClockSkew: 0,
};

/** Functions' clocks are off by no more than this, either way, and by something else every so often. */
const SKEWS = [-500, 0, 500];
const SKEW_LASTS = 20_000;
/** Chance that a function is killed over one of its calls: before it has had its effect, or after. */
const KILLED = 0.01;

/** Bad weather over a cloud, and somebody who kills functions at work. */
export class StormWeather {
  kills = 0;
  private over = false;
  private spareFunctions: () => void = () => undefined;

  constructor(private readonly cloud: LocalCloud, private readonly dice: Dice, private readonly pause: (milliseconds: number) => Promise<void>) {}

  async begin(): Promise<void> {
    this.spareFunctions = this.cloud.calls.intercept((call, proceed) => this.kill(call, proceed));
    await this.cloud.setWeather(STORM, this.dice.seed);
    void this.turnClocks();
  }

  async end(): Promise<void> {
    this.over = true;
    this.spareFunctions();
    await this.cloud.setWeather(FAIR);
  }

  private async turnClocks(): Promise<void> {
    for (let turn = 1; ; turn++) {
      await this.pause(SKEW_LASTS);
      if (this.over) return;
      const functionClockSkew = SKEWS[Math.floor(this.dice.next() * SKEWS.length)];
      await this.cloud.setWeather({ ...STORM, functionClockSkew }, this.dice.seed + turn);
    }
  }

  private async kill({ instance }: InterceptedCall, proceed: () => Promise<object>): Promise<object> {
    if (instance === undefined || !this.dice.says(KILLED)) return proceed();
    this.kills += 1;
    if (this.dice.says(0.5)) await proceed();
    return this.cloud.functions.dieOver(instance);
  }
}
