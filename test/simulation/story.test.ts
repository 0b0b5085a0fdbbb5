import { MUTANTS, withBug } from '../../simulation/mutants';
import { commandFor, planOf } from '../../simulation/replay';
import { PRODUCT, run } from '../../simulation/run';
import { Strand } from '../../simulation/scheduler';
import { runWorld, shrink } from '../../simulation/shrink';
import { Story } from '../../simulation/story';

/** In its first broken world much happens that has nothing to do with what is broken. */
const SEED = 4;
const SETTLE = MUTANTS.findIndex(({ bug }) => bug === 'There is no settle.');
const subject = withBug(PRODUCT, MUTANTS[SETTLE]);

describe('the story of a violation', () => {
  it('GIVEN a broken world THEN its story is cut down to one tunnel and few faults, and told again by its command', async () => {
    const { broken: [{ world, violation }] } = await run(subject, { seed: SEED, drops: 20_000 });
    const whole = await runWorld(planOf({ seed: SEED, world }), subject, true);
    const short = await shrink(planOf({ seed: SEED, world }), subject, violation.invariant);

    expect(short.violation?.invariant).toBe(violation.invariant);
    expect(short.struck.length).toBeLessThan(whole.struck.length / 5);
    expect(lines(short.story?.shortText())).toBeLessThan(lines(whole.story?.text()) / 3);
    expect(short.story?.shortText()).toMatch(/Rotate takes effect/);

    const { tunnels, faults, drops } = short.plan;
    const again = await runWorld(planOf({
      seed: SEED, world, tunnels: tunnels && [...tunnels], faults: faults && [...faults], dropsEach: drops,
    }), subject, true);
    expect(again.story?.text()).toBe(short.story?.text());
    expect(commandFor(SEED, world, short.plan, { bug: SETTLE + 1 })).toMatch(/^npm run simulate -- --seed 4 --world \d+ --bug \d+ --tunnels \d --faults \S+/);
  });

  it('GIVEN a strand that changed nothing THEN it takes one line, and early drops that went well take none', () => {
    let now = 0;
    const story = new Story(() => now);
    const [idle, busy] = [new Strand('0.s1', 'rotator 1'), new Strand('0.s2', 'rotator 2')];
    story.tell(0, 'opens');
    story.tell(0, 'drops', { mark: 'drop' });
    story.tell(0, 'comes back');
    now = 61_000;
    story.tell(0, 'drops again', { mark: 'drop' });
    story.tell(0, 'looks', { strand: idle, isMinor: true });
    story.tell(0, 'looks', { strand: busy, isMinor: true });
    now = 3_600_000;
    story.tell(0, 'is told to wait', { strand: idle, isMinor: true });
    story.tell(0, 'claims version-0-1-000000000', { strand: busy });
    story.tell(0, 'is hit', { mark: 'fault' });
    expect(story.shortText().split('\n')).toEqual([
      '0:00:00.000  tunnel 0: opens',
      '... 1 drop, which went well',
      '0:01:01.000  tunnel 0: drops again',
      '0:01:01.000  tunnel 0: rotator 1: looks; is told to wait',
      '0:01:01.000  tunnel 0: rotator 2: looks',
      '1:00:00.000  tunnel 0: rotator 2: claims version-0-1',
      '1:00:00.000  tunnel 0: is hit',
    ]);
  });
});

const lines = (text = '') => text.split('\n').length;
