#!/usr/bin/env bash
# Walks through the README as somebody who has nothing but a clone of what is committed, with an empty npm cache: runs each of its commands as it
# stands there, from `npm ci` to a synthesized stack of one's own, and times them. A recovered tunnel has to be there within three minutes, the stack
# within ten: by the processor's time, as others may use this machine. Needs the package registry. `--write` renews docs/first-run.md with what was said.
set -euo pipefail
. "$(dirname "$0")/walk.sh"
root=$PWD

git clone --quiet "$root" "$scratch/cdk-tunnel-token-rotator" && cd "$scratch/cdk-tunnel-token-rotator"
export npm_config_cache="$scratch/npm-cache" npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false NO_COLOR=1 CDK_DISABLE_CLI_TELEMETRY=true
unset npm_config_loglevel npm_config_local_prefix npm_package_json INIT_CWD FORCE_COLOR # this walk may be a script of npm's itself

# block HEADING LANGUAGE NUMBER: that code block of that section.
block() {
  awk -v heading="## $1" -v language="\`\`\`$2" -v wanted="$3" '
    /^## / { on = ($0 == heading) } !on { next }
    $0 == "```" { inside = 0 } inside { print } $0 == language { inside = (++seen == wanted) }' "$root/README.md"
}

# said: the last command's output as a reader needs it: no paths of this machine, none of npm's remarks about install scripts.
said() { sed -e "s|$scratch|~|g" "$scratch/out" | grep -v '^npm warn' || true; }

transcript=$scratch/transcript; : > "$transcript"
rows=$scratch/rows; : > "$rows"
started=$EPOCHREALTIME
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", b - a }'; }

# work: seconds of processor time, of what `times` has written down. (In a subshell it would count from zero.)
work() { awk 'NR == 2 { split($1 "m" $2, t, /[ms]+/); printf "%.0f", t[1] * 60 + t[2] + t[3] * 60 + t[4] }' "$scratch/times"; }

# walk WHAT COMMANDS: line by line, in this shell, because one of them changes the folder.
walk() {
  local line before
  [ -n "$2" ] || fail "the README has no commands to: $1"
  while read -r line; do
    before=$EPOCHREALTIME
    printf '%s$ %s\n' "${PWD/#$scratch/\~}" "$line" >> "$transcript"
    eval "$line" > "$scratch/out" 2>&1 < /dev/null || fail "$line: $(cat "$scratch/out")"
    said >> "$transcript"
    printf '| %s | `%s` | %s s | %s s |\n' "$1" "$line" "$(since "$before")" "$(since "$started")" >> "$rows"
    tail -n 1 "$rows"
  done <<< "$2"
}

walk 'a recovered tunnel' "$(block 'See it run' console 1)"
tail -n 1 "$scratch/out" | grep -qx 'recovered 3 of 3 drops' || fail "no recovered tunnel: $(tail -n 5 "$scratch/out")"
recovered=$(since "$started"); times > "$scratch/times"; recovered_work=$(work)

walk 'an app of its own' "$(block 'Add it to a stack' console 1)"
block 'Add it to a stack' ts 1 > app.ts
printf '%s$ cat app.ts\n' "${PWD/#$scratch/\~}" | cat - app.ts >> "$transcript"
walk 'its template' "$(block 'Add it to a stack' console 2)"
grep -q '"AWS::Lambda::Function"' cdk.out/Tunnels.template.json || fail 'no stack was synthesized'
synthesized=$(since "$started"); times > "$scratch/times"; synthesized_work=$(work)

echo "a recovered tunnel after $recovered s, a synthesized stack of one's own after $synthesized s; $recovered_work and $synthesized_work s of processor time"
[ "$recovered_work" -le 180 ] || fail 'a recovered tunnel takes more than three minutes of processor time'
[ "$synthesized_work" -le 600 ] || fail "a stack of one's own takes more than ten minutes of processor time"
! grep -q LOCALCAT "$transcript" || fail 'a token was shown'

[ "${1:-}" = --write ] || exit 0
cat > "$root/docs/first-run.md" <<END
# The first run

The [README](../README.md)'s commands, to the letter, as somebody types them who has nothing but a clone, Node.js $(node --version | tr -d v) and an empty npm cache; on
$(nproc) cores. A recovered tunnel was there after **$recovered seconds**, a synthesized stack of one's own after **$synthesized**. \`npm run check:first-run\` walks this way again,
and fails above three minutes and ten of processor time; \`-- --write\` renews this page.

| for | command | took | since the clone |
| --- | --- | --- | --- |
$(cat "$rows")

## What was said

npm's remarks about packages' install scripts are left out.

\`\`\`text
$(cat "$transcript")
\`\`\`
END
