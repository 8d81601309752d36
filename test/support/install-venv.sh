#!/usr/bin/env bash
# Installs the Python packages that a file names into a virtual environment, unless it has them. Needs Python
# 3.10 or newer with venv, but no root and no compiler.
#   install-venv.sh FOLDER REQUIREMENTS NAME
set -euo pipefail
VENV=$1
PINS=$2

if ! cmp -s "$PINS" "$VENV/requirements.txt"; then
  echo "installing $3 …" >&2
  rm -rf "$VENV"
  python3 -m venv "$VENV" >&2
  # uv takes seconds where pip takes most of a minute.
  { "$VENV/bin/pip" install --quiet --disable-pip-version-check uv >&2 &&
    "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" -r "$PINS" >&2; } ||
    "$VENV/bin/pip" install --quiet --disable-pip-version-check -r "$PINS" >&2
  cp "$PINS" "$VENV/requirements.txt"
fi
