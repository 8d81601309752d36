#!/usr/bin/env bash
# Installs the vendors' clients that are missing into .vendors/venv, and prints the path of their Python. Needs
# Python 3.10 or newer with venv; no root, and no compiler.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VENV=$HERE/../../.vendors/venv
PINS=$HERE/requirements.txt

if ! cmp -s "$PINS" "$VENV/requirements.txt"; then
  echo "installing the vendors' clients …" >&2
  rm -rf "$VENV"
  python3 -m venv "$VENV" >&2
  # uv takes seconds where pip takes most of a minute.
  { "$VENV/bin/pip" install --quiet --disable-pip-version-check uv >&2 &&
    "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" -r "$PINS" >&2; } ||
    "$VENV/bin/pip" install --quiet --disable-pip-version-check -r "$PINS" >&2
  cp "$PINS" "$VENV/requirements.txt"
fi
echo "$VENV/bin/python"
