#!/usr/bin/env bash
# A real OpenStack cloud on loopback: one Keystone, and a Glance each in the regions ot1 and ot2. Needs Python
# 3.11 with venv, and curl; no root. Databases are SQLite, images are files, tokens are fernet.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

DIR=${OPENSTACK_DIR:-$HERE/../../.openstack}
HOST=127.0.0.1
KEYSTONE_PORT=${KEYSTONE_PORT:-15000}
OT1_PORT=${OT1_PORT:-19292}
OT2_PORT=${OT2_PORT:-29292}
TOKEN_TTL=${TOKEN_TTL:-3600}
GLANCE_PROCESSES=${GLANCE_PROCESSES:-2}
# An upload that pauses for longer is broken off. The value is that of Glance's own uwsgi.ini.
SOCKET_TIMEOUT=${SOCKET_TIMEOUT:-10}
PASSWORD=secret
REGIONS='ot1 ot2'
USERS='alice bob carol rita copier facade admin'
PATIENCE=120

usage() {
  cat <<'TEXT'
usage: test/openstack/regions.sh <command>

  up            install what is missing, start Keystone and both Glances, wait until they serve
  down          stop what `up` has started
  status        tell what is running, and where
  env [USER]    print what the openstack client needs: alice (default), bob, carol, rita, copier, facade, admin
  token [USER]  print a token
  install       only install

alice is a member of project tenant-a, bob of tenant-b, carol of both; rita is a reader of tenant-a; copier is
the account of image-replicator, a member of both; facade is the account that looks access keys up. Each
password is "secret". Quotas are on in ot2.

OPENSTACK_DIR (.openstack) holds everything; delete it to start afresh. Ports: KEYSTONE_PORT (15000),
OT1_PORT (19292), OT2_PORT (29292); what is running is found on the ports that it was started with. TOKEN_TTL
(3600) is the lifetime of tokens, and SOCKET_TIMEOUT (10) how long an upload may pause, in seconds;
GLANCE_PROCESSES (2) is for each region.
TEXT
}

die() { echo "regions.sh: $*" >&2; exit 1; }

mkdir -p "$DIR"
DIR=$(cd "$DIR" && pwd)
VENV=${OPENSTACK_VENV:-$DIR/venv}
STATE=$DIR/state
RUN=$DIR/run
LOGS=$DIR/logs

port_of() {
  case $1 in
    keystone) echo "$KEYSTONE_PORT" ;;
    ot1) echo "$OT1_PORT" ;;
    ot2) echo "$OT2_PORT" ;;
  esac
}
url_of() { echo "http://$HOST:$(port_of "$1")"; }

# --- installation ---------------------------------------------------------------------------------------------

install() {
  local pins=$HERE/cloud/requirements.txt
  cmp -s "$pins" "$VENV/requirements.txt" && return
  echo 'installing Keystone and Glance …' >&2
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die 'Python 3.11 or newer is needed'
  rm -rf "$VENV"
  python3 -m venv "$VENV" >&2 || die 'python3 with its venv module is needed'
  # uv takes seconds where pip takes most of a minute.
  { "$VENV/bin/pip" install --quiet --disable-pip-version-check uv >&2 &&
    "$VENV/bin/uv" pip install --quiet --compile-bytecode --python "$VENV/bin/python" -r "$pins" >&2; } ||
    "$VENV/bin/pip" install --quiet --disable-pip-version-check -r "$pins" >&2
  cp "$pins" "$VENV/requirements.txt"
}

# --- configuration --------------------------------------------------------------------------------------------

write_keystone_config() {
  mkdir -p "$STATE/keystone/fernet" "$STATE/keystone/credential"
  chmod 700 "$STATE/keystone/fernet" "$STATE/keystone/credential"
  : >"$STATE/keystone/policy.yaml"
  cat >"$STATE/keystone/keystone.conf" <<CONF
[DEFAULT]
use_stderr = true
public_endpoint = http://$HOST:$KEYSTONE_PORT/
[database]
connection = sqlite:///$STATE/keystone/keystone.db?timeout=60
sqlite_synchronous = false
[identity]
# Each sign-in hashes a password, which usually takes 0.2 s of a CPU. Here bcrypt runs the fewest rounds.
password_hash_rounds = 4
[token]
provider = fernet
expiration = $TOKEN_TTL
[fernet_tokens]
key_repository = $STATE/keystone/fernet
[credential]
key_repository = $STATE/keystone/credential
[oslo_policy]
policy_file = $STATE/keystone/policy.yaml
CONF
}

glance_account() { # region; prints the account with which Glance signs in to Keystone
  cat <<CONF
auth_url = http://$HOST:$KEYSTONE_PORT
auth_type = password
username = glance
password = $PASSWORD
user_domain_id = default
region_name = $1
CONF
}

write_glance_config() { # region
  local dir=$STATE/glance-$1
  mkdir -p "$dir"/{images,images2,staging,tasks,lock}
  cp "$VENV/etc/glance/glance-api-paste.ini" "$dir/"
  : >"$dir/policy.yaml"
  cat >"$dir/glance-api.conf" <<CONF
[DEFAULT]
use_stderr = true
enabled_backends = main:file, second:file
worker_self_reference_url = $(url_of "$1")
use_keystone_limits = $([ "$1" = ot2 ] && echo true || echo false)
[database]
connection = sqlite:///$dir/glance.db?timeout=60
sqlite_synchronous = false
[glance_store]
default_backend = main
[main]
filesystem_store_datadir = $dir/images
[second]
filesystem_store_datadir = $dir/images2
[os_glance_staging_store]
filesystem_store_datadir = $dir/staging
[os_glance_tasks_store]
filesystem_store_datadir = $dir/tasks
[paste_deploy]
flavor = keystone
config_file = $dir/glance-api-paste.ini
[keystone_authtoken]
$(glance_account "$1")
project_name = service
project_domain_id = default
www_authenticate_uri = http://$HOST:$KEYSTONE_PORT
interface = internal
[oslo_limit]
$(glance_account "$1")
system_scope = all
endpoint_service_type = image
endpoint_region_name = $1
endpoint_interface = public
[oslo_concurrency]
lock_path = $dir/lock
[oslo_policy]
policy_file = $dir/policy.yaml
CONF
}

write_clouds() {
  local user
  echo 'clouds:'
  for user in $USERS; do
    cat <<YAML
  $user:
    auth:
      auth_url: $AUTH_URL
      username: $user
      password: $PASSWORD
      project_name: $(project_of "$user")
      user_domain_id: default
      project_domain_id: default
    regions: [ot1, ot2]
YAML
  done
}

make_databases() {
  [ ! -e "$STATE/made" ] || return 0
  local python=("$VENV/bin/python" -W ignore) region
  "${python[@]}" "$HERE/cloud/manage_keystone.py" "$STATE/keystone/keystone.conf" "$PASSWORD" "$AUTH_URL" \
    >"$LOGS/make-keystone.log" 2>&1 &
  local keystone=$!
  "${python[@]}" "$VENV/bin/glance-manage" --config-file "$STATE/glance-ot1/glance-api.conf" db sync \
    >"$LOGS/make-glance.log" 2>&1 || die "Glance's database cannot be made; see $LOGS"
  wait "$keystone" || die "Keystone's database cannot be made; see $LOGS"
  cp "$STATE/glance-ot1/glance.db" "$STATE/glance-ot2/glance.db"
  for database in "$STATE"/*/*.db; do # so that readers do not wait for the writer
    "$VENV/bin/python" -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA journal_mode=WAL")' \
      "$database"
  done
  touch "$STATE/made"
}

# --- processes ------------------------------------------------------------------------------------------------

pid_of() { # service; prints its pid, unless that process is another cloud's or has ended
  local pid
  pid=$(cat "$RUN/$1.pid" 2>/dev/null) &&
    [[ $(ps -ww -o args= -p "$pid" 2>/dev/null) == *"uwsgi --http-socket $HOST:$(port_of "$1") "* ]] && echo "$pid"
}

use_running_ports() {
  local chosen="$KEYSTONE_PORT $OT1_PORT $OT2_PORT" name
  [ -f "$RUN/ports" ] || return 0
  read -r KEYSTONE_PORT OT1_PORT OT2_PORT <"$RUN/ports"
  for name in keystone $REGIONS; do ! pid_of "$name" >/dev/null || return 0; done
  read -r KEYSTONE_PORT OT1_PORT OT2_PORT <<<"$chosen"
}

listens() { (exec 3<>"/dev/tcp/$HOST/$1") 2>/dev/null; }

serve() { # service module processes threads option... ; the environment says where its configuration is
  local name=$1 module=$2 processes=$3 threads=$4
  shift 4
  ! pid_of "$name" >/dev/null || return 0
  ! listens "$(port_of "$name")" || die "port $(port_of "$name") is taken; see 'usage' for how to choose others"
  # With http-socket and no router, bodies reach the application as they arrive.
  SERVED_MODULE=$module PYTHONWARNINGS=ignore NO_PROXY=$HOST no_proxy=$HOST setsid "$VENV/bin/uwsgi" \
    --http-socket "$HOST:$(port_of "$name")" --pythonpath "$HERE/cloud" --module serve:application \
    --master --die-on-term --processes "$processes" --threads "$threads" --enable-threads --thunder-lock \
    --need-app --http-raw-body --so-keepalive --buffer-size 65535 --listen 128 \
    --add-header 'Connection: close' --socket-timeout "$SOCKET_TIMEOUT" --http-timeout "$SOCKET_TIMEOUT" \
    --chunked-input-timeout "$SOCKET_TIMEOUT" --worker-reload-mercy 5 "$@" </dev/null >>"$LOGS/$name.log" 2>&1 &
  echo $! >"$RUN/$name.pid"
}

await() { # service url
  local deadline=$((SECONDS + PATIENCE))
  until [[ $(curl --noproxy '*' -s -o /dev/null -m 5 -w '%{http_code}' "$2") =~ ^(200|300)$ ]]; do
    pid_of "$1" >/dev/null || die "$1 has ended; see $LOGS/$1.log"
    [ $SECONDS -lt $deadline ] || die "$1 does not answer; see $LOGS/$1.log"
    sleep 0.2
  done
}

up() {
  install
  mkdir -p "$STATE" "$RUN" "$LOGS"
  write_keystone_config
  for region in $REGIONS; do write_glance_config "$region"; done
  write_clouds >"$DIR/clouds.yaml"
  make_databases
  echo "$KEYSTONE_PORT $OT1_PORT $OT2_PORT" >"$RUN/ports"
  trap 'down' EXIT
  # One thread for each process: with two, Keystone 30 sometimes gives a request the roles of another token.
  OS_KEYSTONE_CONFIG_FILES=$STATE/keystone/keystone.conf serve keystone keystone.wsgi.api 4 1
  # Glance starts threads while it loads, so each process has to load it by itself.
  for region in $REGIONS; do
    OS_GLANCE_CONFIG_DIR=$STATE/glance-$region \
      serve "$region" glance.wsgi.api "$GLANCE_PROCESSES" 8 --lazy-apps
  done
  await keystone "$AUTH_URL"
  "$VENV/bin/python" "$HERE/cloud/seed.py" "$AUTH_URL" "$PASSWORD" "$(url_of ot1)" "$(url_of ot2)"
  for region in $REGIONS; do await "$region" "$(url_of "$region")/"; done
  trap - EXIT
  status
}

down() {
  local deadline=$((SECONDS + 20)) name pid
  for name in keystone $REGIONS; do
    while pid=$(pid_of "$name"); do
      if [ $SECONDS -lt $deadline ]; then
        kill -TERM "$pid" 2>/dev/null || true # a signal that comes while uwsgi loads is lost
      else
        kill -KILL -- "-$pid" 2>/dev/null || true
      fi
      sleep 0.3
    done
    rm -f "$RUN/$name.pid"
  done
}

status() {
  local name pid
  for name in keystone $REGIONS; do
    if pid=$(pid_of "$name"); then echo "$name: running (pid $pid) $(url_of "$name")"; else echo "$name: not running"; fi
  done
}

# --- users ----------------------------------------------------------------------------------------------------

project_of() {
  case $1 in
    alice | carol | rita) echo tenant-a ;;
    bob) echo tenant-b ;;
    copier | facade) echo service ;;
    admin) echo admin ;;
    *) die "there is no user $1" ;;
  esac
}

print_env() { # user
  project_of "$1" >/dev/null
  echo "export OS_CLOUD=$1 OS_CLIENT_CONFIG_FILE=$DIR/clouds.yaml PATH=$VENV/bin:\$PATH"
}

print_token() { # user
  local project answer domain='"domain": {"id": "default"}'
  project=$(project_of "$1")
  answer=$(curl --noproxy '*' -sS -i -m 20 -H 'Content-Type: application/json' "$AUTH_URL/auth/tokens?nocatalog" \
    -d "{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": {\"user\": {\"name\": \"$1\",
        \"password\": \"$PASSWORD\", $domain}}}, \"scope\": {\"project\": {\"name\": \"$project\", $domain}}}}")
  tr -d '\r' <<<"$answer" | awk 'tolower($1) == "x-subject-token:" { print $2; found = 1 } END { exit !found }' ||
    die "Keystone has refused $1: $answer"
}

use_running_ports
AUTH_URL=http://$HOST:$KEYSTONE_PORT/v3
case ${1:-} in
  up) up ;;
  down) down ;;
  status) status ;;
  env) print_env "${2:-alice}" ;;
  token) print_token "${2:-alice}" ;;
  install) install ;;
  -h | --help | help) usage ;;
  *) usage >&2 && exit 2 ;;
esac
