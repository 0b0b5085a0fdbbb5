import type { Act, Snapshot } from '../contract';

export type Press = (act: Act, tunnelId?: string) => void;

interface ButtonProps {
  readonly act: Act;
  readonly text: string;
  /** Pressed while a lane has the focus, it does the same. */
  readonly shortcut: string;
  readonly title: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onPress: () => void;
}

export function Button({ act, text, shortcut, title, pressed, disabled, onPress }: ButtonProps) {
  return (
    <button type="button" class="act" data-act={act} title={title} aria-keyshortcuts={shortcut} aria-pressed={pressed} disabled={disabled} onClick={onPress}>
      {text} <kbd aria-hidden="true">{shortcut}</kbd>
    </button>
  );
}

/** The keys that work on a lane. */
export const SHORTCUTS: Readonly<Record<string, Act>> = {
  c: 'cut', s: 'silence', f: 'flap', x: 'take-secret', h: 'hundred', k: 'kill', t: 'throttle',
};

/** What is done to all. */
export function Toolbar({ snapshot, press }: { readonly snapshot: Snapshot | undefined; readonly press: Press }) {
  return (
    <div class="toolbar" role="group" aria-label="To all">
      <Button act="hundred" text="Drop a hundred" shortcut="H" title="Cuts up to a hundred connections at once" onPress={() => press('hundred')} />
      <Button
        act="kill" text="Kill a rotator" shortcut="K" pressed={snapshot?.killing ?? false} onPress={() => press('kill')}
        title="The next rotator that rotates dies before it hears the answer"
      />
      <Button
        act="throttle" text="Throttle" shortcut="T" pressed={snapshot?.throttled ?? false} onPress={() => press('throttle')}
        title="Secure Tunneling takes one call of each kind a second"
      />
    </div>
  );
}
