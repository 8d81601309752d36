#!/usr/bin/env bash
# Installs the vendors' clients that are missing into .vendors/venv, and prints the path of their Python.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VENV=$HERE/../../.vendors/venv

"$HERE/../support/install-venv.sh" "$VENV" "$HERE/requirements.txt" "the vendors' clients"
echo "$VENV/bin/python"
