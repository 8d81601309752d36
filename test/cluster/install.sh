#!/usr/bin/env bash
# Builds Temporal's server and its schema tool with Go, below .cluster/ of the clone, if they are missing.
# Prints the folder. On a new machine this takes minutes, so `.ci/run` begins with it, at the lowest priority.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
FOLDER=$PWD/.cluster
TEMPORAL=v1.29.1

mkdir -p "$FOLDER"
exec 9>"$FOLDER/lock"
flock 9
if [ "$(cat "$FOLDER/version" 2>/dev/null)" != "$TEMPORAL" ]; then
  module=go.temporal.io/server
  GOBIN=$FOLDER/bin GOFLAGS=-mod=mod nice -n 19 \
    go install "$module/cmd/server@$TEMPORAL" "$module/cmd/tools/sql@$TEMPORAL" >&2
  echo "$TEMPORAL" >"$FOLDER/version"
fi
echo "$FOLDER"
