import { Timeline } from '../../demo/timeline';

/** What a timeline printed, times that are measured left out. */
function story(json: boolean, tell: (timeline: Timeline) => void): string[] {
  const lines: string[] = [];
  tell(new Timeline((line) => lines.push(line), json));
  return lines.join('\n').split('\n').map((line) => line.replace(/^\s*-?\d+ ms {2}/, '').replace(/"elapsed":\d+,/, '')).filter(Boolean);
}

const drop = (timeline: Timeline) => {
  timeline.beginDrop(1, 'nobody');
  timeline.dropped('cut');
  timeline.say('verified', 'the same');
  timeline.note('delivered', 'late news', Date.now() - 5);
};

test('GIVEN a drop that is over THEN its headline comes first, and what happened follows in its order', () => {
  expect(story(false, (timeline) => {
    drop(timeline);
    timeline.endDrop({ vault: 120, bytes: 240 });
    timeline.conclude('recovered 1 of 1 drops', false);
  })).toEqual([
    'drop 1: token in the vault after 120 ms, bytes again after 240 ms', '        noticed by nobody',
    'delivered    late news', 'dropped      cut', 'verified     the same', 'recovered 1 of 1 drops',
  ]);
});

test('GIVEN a drop that nothing came back from THEN that is its headline, and what happened is not lost', () => {
  const lines = story(false, (timeline) => {
    drop(timeline);
    timeline.conclude('failed: it hangs; recovered 0 of 1 drops', true);
  });
  expect(lines[0]).toBe('drop 1: not back');
  expect(lines).toContain('verified     the same');
  expect(lines.at(-1)).toBe('failed: it hangs; recovered 0 of 1 drops');
});

test('GIVEN machines read it THEN each line is JSON, the headline\'s numbers in fields, and the last line says whether it failed', () => {
  for (const failed of [false, true]) {
    const lines = story(true, (timeline) => {
      timeline.heading('for people');
      drop(timeline);
      timeline.endDrop({ vault: 120, bytes: 240 });
      timeline.conclude('the end', failed);
    }).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ moment: 'headline', drop: 1, vault: 120, bytes: 240 });
    expect(lines.slice(1, 4).map((line) => line.drop)).toEqual([1, 1, 1]);
    expect(lines.at(-1)).toMatchObject({ moment: failed ? 'failed' : 'recovered', text: 'the end' });
  }
});
