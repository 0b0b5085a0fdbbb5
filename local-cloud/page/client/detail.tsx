import { useEffect, useRef } from 'preact/hooks';
import { episodesOf, isUp, type Episode, type Lane } from './lanes';
import type { Store } from './store';
import { Button, type Press } from './toolbar';
import { duration, phraseOf } from './words';

interface DetailProps {
  readonly store: Store;
  readonly chosenAt: number | undefined;
  readonly choose: (at: number) => void;
  readonly press: Press;
}

/** One tunnel: what can be done to it, what happened, and why. */
export function Detail({ store, chosenAt, choose, press }: DetailProps) {
  const { selected } = store;
  const lane = selected === undefined ? undefined : store.lanes.get(selected);
  if (!lane) return <aside aria-label="Tunnel" />;
  const { tunnelId } = lane;
  const episodes = episodesOf(lane);
  const chosen = episodes.find(({ at }) => at === chosenAt) ?? episodes[0];
  return (
    <aside aria-label={`Tunnel ${lane.name}`}>
      <h2 class="who">{lane.name} <Standing lane={lane} now={store.now()} /></h2>
      <p class="id">{tunnelId}</p>
      <div class="acts" role="group" aria-label={`To ${lane.name}`}>
        <Button act="cut" text="Cut" shortcut="C" title="Resets its TCP connection" onPress={() => press('cut', tunnelId)} />
        <Button
          act="silence" text="Drop silently" shortcut="S" onPress={() => press('silence', tunnelId)}
          title="Its network vanishes; the service goes on saying CONNECTED"
        />
        <Button act="flap" text="Flap" shortcut="F" title="Cuts it again and again" onPress={() => press('flap', tunnelId)} />
        <Button
          act="take-secret" text="Take its secret" shortcut="X" onPress={() => press('take-secret', tunnelId)}
          title="Takes the secret away: deletes it by force"
        />
      </div>
      <Drops episodes={episodes} chosen={chosen} choose={choose} />
      {chosen && <Story episode={chosen} />}
    </aside>
  );
}

function Standing({ lane, now }: { readonly lane: Lane; readonly now: number }) {
  const last = lane.spans.at(-1);
  if (!lane.open) return <small>closed</small>;
  if (!last) return <small>not used yet</small>;
  const since = last.from > 0 ? ` for ${duration(now - last.from)}` : '';
  return <small class={isUp(lane) ? 'good' : 'bad'}>{isUp(lane) ? `connected${since}` : `down${since}`}</small>;
}

interface DropsProps {
  readonly episodes: readonly Episode[];
  readonly chosen: Episode | undefined;
  readonly choose: (at: number) => void;
}

/** The latest drops, to choose from. */
function Drops({ episodes, chosen, choose }: DropsProps) {
  const drops = episodes.filter(({ told: [first] }) => first.type !== 'connected').slice(0, 6);
  if (drops.length === 0) return <p class="empty">Nothing happened yet: cut it, and see.</p>;
  return (
    <div class="drops" role="group" aria-label="Drops, the latest first">
      {drops.map((episode) => (
        <button type="button" key={episode.at} aria-pressed={episode === chosen} onClick={() => choose(episode.at)}>
          {new Date(episode.at).toLocaleTimeString('en-GB')} <b>{episode.back === undefined ? 'not back' : duration(episode.back)}</b>
        </button>
      ))}
    </div>
  );
}

/** What was told, each with the time since the drop, to scale. */
function Story({ episode: { at, back, told } }: { readonly episode: Episode }) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => { list.current?.scrollTo({ top: 0 }); }, [at]);
  const span = Math.max(1, back ?? told.at(-1)!.at - at);
  return (
    <ol class="story" ref={list} tabIndex={0} aria-label="What happened, and why">
      {told.map((event, index) => {
        const { title, text } = phraseOf(event);
        return (
          <li key={index} class={classOf(event.type, title)}>
            <time>{duration(event.at - at)}</time>
            <p><b>{title}</b> {text}</p>
            <svg class="scale" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width={Math.min(100, Math.max(1, ((event.at - at) / span) * 100))} height="4" />
            </svg>
          </li>
        );
      })}
    </ol>
  );
}

const classOf = (type: string, title: string) => (title === 'held' ? 'held' : type);
