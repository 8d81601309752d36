#!/usr/bin/env bash
# Installs schemathesis, if it is missing, into .security/venv, and prints the path of its command.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VENV=$HERE/../../.security/venv

"$HERE/../support/install-venv.sh" "$VENV" "$HERE/requirements.txt" "schemathesis"
echo "$VENV/bin/st"
