#!/bin/sh
# The collector of garbage: asks the service for orders, runs the registry's own collector on its
# storage, and tells how it went. Needs sh, wget, flock, timeout and a few more, as busybox has them.
#
# It asks only with the lock beside the storage in hand, and ends what it was told before it asks
# again: that it asks proves that no collector runs. The lock is kept by the registry's own process
# too, and its limit by `timeout`, so that both live on where this script is killed.
set -u
umask 077

warden=${COLLECTOR_WARDEN_URL:-http://registry-warden:5081}
secret_file=${COLLECTOR_SECRET_FILE:-/etc/registry-collector/gc-collector-secret}
lock=${COLLECTOR_LOCK:-/var/lib/registry/collector.lock}
registry=${COLLECTOR_REGISTRY:-registry}
config=${COLLECTOR_CONFIG:-/etc/registry-warden/config.yml}

piece_bytes=65536
# A report that is lost for so long stays lost: the service then waits for the next question.
report_tries=30

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
child=
is_leaving=

# What it runs is ended and told of before it goes: nobody has to wait until the deadline then.
leave() {
  is_leaving=yes
  [ -z "$child" ] || kill "$child" 2>/dev/null
}
trap leave TERM INT

# ask PATH FILE: posts the secret and then the file; the answer stands in $work/answer. The secret is
# in no argument: those are seen by everybody on the machine.
ask() {
  read -r secret <"$secret_file" || [ -n "$secret" ] || return 1
  { printf '%s\n' "$secret"; cat "$2"; } >"$work/request"
  # The lock is not for wget: one that hangs must not keep it.
  timeout 30 wget -q -O "$work/answer" --post-file "$work/request" "$warden/collector/$1" 9>&-
}

is_number() {
  case $1 in
    '' | *[!0-9]*) return 1 ;;
  esac
}

# tell_piece ID [EXIT]: sends what was printed since the last time, or the same again where that was
# not heard.
tell_piece() {
  if [ ! -e "$work/piece" ]; then
    tail -c +$((from + 1)) "$work/output" | head -c "$piece_bytes" >"$work/piece"
  fi
  ask "orders/$1?from=$from${2:+&exit=$2}" "$work/piece" || return 1
  from=$((from + $(wc -c <"$work/piece")))
  rm -f "$work/piece"
}

# tell_end ID EXIT: the rest of the output, and with its last piece how it ended.
tell_end() {
  tries=0
  while [ "$tries" -lt "$report_tries" ]; do
    size=$(wc -c <"$work/output")
    if [ $((size - from)) -gt "$piece_bytes" ]; then
      tell_piece "$1" && continue
    else
      rm -f "$work/piece"
      tell_piece "$1" "$2" && return 0
    fi
    tries=$((tries + 1))
    sleep 2
  done
}

# collect ID KIND LIMIT
collect() {
  from=0
  was_stopped=
  : >"$work/output"
  rm -f "$work/piece"
  # Who is not heard does not begin.
  tell_piece "$1" || return 0
  read -r word <"$work/answer"
  if [ "$word" != go ] || [ -n "$is_leaving" ]; then
    tell_end "$1" none
    return 0
  fi
  set -- "$1" "$3" ${2:+$([ "$2" = dryRun ] && echo --dry-run)}
  id=$1 limit=$2
  shift 2
  timeout -k 10 "$limit" "$registry" garbage-collect "$@" "$config" >"$work/output" 2>&1 &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    sleep 1
    word=
    ! tell_piece "$id" || read -r word <"$work/answer"
    if [ "$word" = stop ] || [ -n "$is_leaving" ]; then
      [ -n "$was_stopped" ] || kill "$child" 2>/dev/null
      was_stopped=yes
    fi
  done
  wait "$child"
  code=$?
  child=
  # Ended by a signal: by us, or by its limit.
  if [ "$code" -gt 128 ] || [ "$code" -eq 124 ]; then
    code=124
    [ -z "$was_stopped$is_leaving" ] || code=none
  fi
  tell_end "$id" "$code"
}

exec 9>>"$lock" || exit 1
flock -x 9 || exit 1

while [ -z "$is_leaving" ]; do
  id='' kind='' limit=''
  if ask next /dev/null; then
    [ ! -s "$work/answer" ] || read -r id kind limit <"$work/answer"
  else
    sleep 3
  fi
  rm -f "$work/answer"
  is_number "$id" && is_number "$limit" || continue
  case $kind in
    look) ask "orders/$id?from=0&exit=0" /dev/null ;;
    collect | dryRun) collect "$id" "$kind" "$limit" ;;
  esac
done
