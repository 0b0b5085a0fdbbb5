#!/usr/bin/env bash
# Builds what was generated for Python, Java and Go, where these are installed, and lets the minimal app in each language synthesize with it:
# its template must be TypeScript's to the letter. Needs the languages' package registries. .NET is generated and not built.
# Usage: scripts/consume-languages.sh <folder with the generated code>
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
generated=$(realpath "$1")

scratch=$(mktemp -d)
# Go keeps what it loads write-protected.
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20
version() { node -p "require('$root/node_modules/$1/package.json').version"; }
cdk=$(version aws-cdk-lib) constructs=$(version constructs)

# What TypeScript synthesizes, with the package as it would be installed.
reference="$scratch/typescript"
mkdir "$reference"
(cd "$reference" && cat > app.js <<APP
const { App, Stack } = require('$root/node_modules/aws-cdk-lib');
const { TunnelTokenRotator } = require('$root');
const app = new App();
new TunnelTokenRotator(new Stack(app, 'Tunnels'), 'Rotator');
app.synth();
APP
CDK_OUTDIR="$reference/out" node app.js)

compare() { # language, version of it, seconds
  cmp "$reference/out/Tunnels.template.json" "$scratch/$1/out/Tunnels.template.json" || { echo "FAILED: $1 synthesizes another template than TypeScript" >&2; exit 1; }
  echo "$1 ($2): built, and synthesizes TypeScript's template, in $3 s"
}

python() {
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet --no-input "aws-cdk-lib==$cdk" "constructs==$constructs" "$generated/python"
  CDK_OUTDIR="$PWD/out" "$scratch/venv/bin/python" app.py
}

java() {
  local maven=(mvn --quiet --batch-mode "-Dmaven.repo.local=${MAVEN_REPOSITORY:-$HOME/.m2/repository}")
  "${maven[@]}" --file "$generated/java/pom.xml" -Dmaven.javadoc.skip -Dmaven.source.skip -Dgpg.skip install
  CDK_OUTDIR="$PWD/out" "${maven[@]}" "-Dcdk.version=$cdk" "-Dconstructs.version=$constructs" compile exec:java
}

go_app() {
  local module=github.com/tunnel-token-rotator/cdk-tunnel-token-rotator-go/cdktunneltokenrotator
  local schema='github.com/cdklabs/cloud-assembly-schema-go/awscdkcloudassemblyschema'
  go mod edit -replace "$module=$generated/go/cdktunneltokenrotator"
  # A module mirror may lack the newest schema, which npm chose when this was generated; the CDK's own choice does.
  go mod download "github.com/aws/aws-cdk-go/awscdk/v2@v$cdk"
  local named
  named=$(grep -oE "$schema/v[0-9]+ v[0-9.]+" "$(go env GOMODCACHE)/cache/download/github.com/aws/aws-cdk-go/awscdk/v2/@v/v$cdk.mod" | head -n 1)
  go mod edit -replace "${named% *}=${named% *}@${named#* }"
  go mod tidy
  CDK_OUTDIR="$PWD/out" go run main.go
}

consume() { # language, its command, the version's command, the function
  if ! command -v "$2" > /dev/null; then echo "$1: not installed here, so generated and not built"; return; fi
  cp -r "$root/examples/$1-minimal" "$scratch/$1"
  cd "$scratch/$1"
  local start=$SECONDS
  if ! "$4" > log.txt 2>&1; then tail -n 40 log.txt >&2; echo "FAILED: $1" >&2; exit 1; fi
  compare "$1" "$($3 2>&1 | head -n 1)" "$((SECONDS - start))"
  cd "$root"
}

consume python python3 'python3 --version' python
consume java mvn 'java -version' java
consume go go 'go version' go_app
