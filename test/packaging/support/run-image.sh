#!/usr/bin/env bash
# Runs a command on the root of an image: ROOT USER [NAME=VALUE…] -- COMMAND… . Expects a mount namespace of its
# own. The root is read-only. /tmp is in memory, and contains the folder of the configuration at its usual path.
set -euo pipefail
root=$1 user=$2
shift 2
environment=()
while [ "$1" != -- ]; do
  environment+=("$1")
  shift
done
shift
folder=$(dirname "$IMAGE_REPLICATOR_CONFIG")

mkdir -p "$root"/{proc,dev,tmp}
mount --bind "$root" "$root"
mount -o remount,ro,bind "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root$folder"
mount --bind "$folder" "$root$folder"

exec env -i "${environment[@]}" IMAGE_REPLICATOR_CONFIG="$IMAGE_REPLICATOR_CONFIG" \
  TEMPORAL_ADDRESS="$TEMPORAL_ADDRESS" TEMPORAL_NAMESPACE="$TEMPORAL_NAMESPACE" \
  "$(command -v chroot)" --userspec="$user" "$root" "$@"
