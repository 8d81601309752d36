#!/usr/bin/env bash
# Installs schemathesis, if it is missing, into .security/venv, and prints the path of its command. Needs Python
# 3.10 or newer with venv; no root, and no compiler.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VENV=$HERE/../../.security/venv
PINS=$HERE/requirements.txt

if ! cmp -s "$PINS" "$VENV/requirements.txt"; then
  echo "installing schemathesis …" >&2
  rm -rf "$VENV"
  python3 -m venv "$VENV" >&2
  "$VENV/bin/pip" install --quiet --disable-pip-version-check -r "$PINS" >&2
  cp "$PINS" "$VENV/requirements.txt"
fi
echo "$VENV/bin/st"
