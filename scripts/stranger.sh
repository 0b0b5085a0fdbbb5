# What the checks of the two packages share, for sourcing: somebody who installs a tarball alone, into an empty folder, and what he must find.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
child=
cleanup() { if [ -n "$child" ]; then kill "$child" 2> /dev/null || true; fi; rm -rf "$scratch"; }
trap cleanup EXIT
export npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false
fail() { echo "FAILED: $*" >&2; exit 1; }

# install_alone WORKSPACE [TARBALL]: packs it if there is no tarball, installs it into a folder which becomes the working directory, and sees
# that nothing else came along, that it is small, and that its command says its version. Sets name, version and kilobytes.
install_alone() {
  local tarball=${2:-} installed file
  name=$(node -p "require('$root/$1/package.json').name")
  version=$(node -p "require('$root/$1/package.json').version")
  if [ -z "$tarball" ]; then
    (cd "$root" && npm pack --silent --ignore-scripts -w "$1" --pack-destination "$scratch" > /dev/null)
    tarball=$(echo "$scratch"/*.tgz)
  fi
  tarball=$(realpath "$tarball")
  mkdir "$scratch/stranger" && cd "$scratch/stranger"
  echo '{ "private": true }' > package.json
  npm install --silent "$tarball"
  installed=$(cd node_modules && echo */*)
  [ "$installed" = "$name" ] || fail "something else was installed: $installed"
  for file in README.md LICENSE NOTICE THIRD-PARTY-LICENSES.txt; do [ -s "node_modules/$name/$file" ] || fail "$file is missing"; done
  kilobytes=$(du -sk node_modules | cut -f1)
  [ "$kilobytes" -lt 3000 ] || fail "$kilobytes kB in node_modules"
  # What its README says: by the package's name, which has one command only.
  [ "$(npx --no-install "$name" --version)" = "$version" ] || fail '--version'
}

# compile FILE: in the three ways in which projects find the types of a package.
compile() {
  npm install --silent typescript@6.0.3 @types/node@20
  local options
  for options in '--module node16 --moduleResolution node16' '--module esnext --moduleResolution bundler' '--module commonjs --moduleResolution node10 --ignoreDeprecations 6.0'; do
    # shellcheck disable=SC2086
    npx --no-install tsc --noEmit --strict --target es2022 --lib es2022 --types node $options "$1"
  done
}
