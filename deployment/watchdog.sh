#!/bin/sh
# Restarts a shared-lock daemon that runs but does not answer. For cron, or a timer of systemd:
#
#   PATH=/usr/local/bin:/usr/bin:/bin
#   * * * * * root /usr/local/lib/shared-lock/watchdog.sh
#
# It asks with WATCHDOG_CHECK, and runs WATCHDOG_RESTART when that has failed WATCHDOG_FAILURES times in a row. It
# says nothing while all is well. A daemon that can't reach its storage, or was stopped, is left alone; so is one that the check did
# not ask at all, because its own flags (64) or variables (78) are wrong, or it is not there (126, 127).
#
# Exit code: 0, also when it has restarted the daemon; 1 if the restart failed; 64 if it is not set up well.
set -eu

check=${WATCHDOG_CHECK:-shared-lock health --live}
restart=${WATCHDOG_RESTART:-systemctl try-restart shared-lock}
limit=${WATCHDOG_FAILURES:-3}
folder=${WATCHDOG_STATE_DIR:-/run/shared-lock-watchdog}
lock=$folder/lock
failures=$folder/failures

say() {
  echo "shared-lock-watchdog: $*" >&2
}

case $limit in
  '' | *[!0-9]* | 0*)
    say "WATCHDOG_FAILURES=$limit: give a whole number from 1"
    exit 64
    ;;
esac
if ! mkdir -p "$folder" || [ ! -w "$folder" ]; then
  say "can not write to $folder: set WATCHDOG_STATE_DIR to a folder that this user may write to"
  exit 64
fi

# A link is made in one step, with the process that it stands for in it.
if ! ln -s "$$" "$lock" 2>/dev/null; then
  owner=$(readlink "$lock" || true)
  if [ -n "$owner" ] && kill -0 "$owner" 2>/dev/null; then
    exit 0
  fi
  # Its process was killed. Only one of those who find that can move it away.
  if ! mv "$lock" "$lock.$$" 2>/dev/null; then
    exit 0
  fi
  rm -f "$lock.$$"
  ln -s "$$" "$lock" 2>/dev/null || exit 0
fi
trap 'rm -f "$lock"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

code=0
answer=$(sh -c "$check" 2>&1) || code=$?
case $code in
  0)
    rm -f "$failures"
    exit 0
    ;;
  64 | 78 | 126 | 127)
    say "can not run the check: $answer: set WATCHDOG_CHECK, PATH or the SHARED_LOCK_* variables"
    exit 64
    ;;
esac

count=0
if [ -f "$failures" ]; then
  count=$(cat "$failures")
fi
case $count in
  '' | *[!0-9]*) count=0 ;;
esac
count=$((count + 1))
say "$count of $limit: $answer"
if [ "$count" -lt "$limit" ]; then
  echo "$count" >"$failures"
  exit 0
fi

rm -f "$failures"
say "restarts it: $restart"
if ! sh -c "$restart"; then
  say "the restart failed"
  exit 1
fi
