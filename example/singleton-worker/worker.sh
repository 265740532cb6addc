#!/bin/sh
# The work of the one instance, in any program: `shared-lock run` starts it when the lock is ours and ends it before
# anybody else can have the lock. So there is nothing about locks here but the token, which goes along with each write.
#
#   shared-lock run singleton-worker -- sh worker.sh

url=${SHARED_LOCK_URL:-http://localhost:8080}
token=${SHARED_LOCK_FENCING_TOKEN:?start me with: shared-lock run singleton-worker -- sh worker.sh}
fence="{\"lock\": \"$SHARED_LOCK_NAME\", \"token\": \"$token\"}"

# Says who calls, where the daemon wants to know. Not as an argument: others on this machine can see those.
credentials() {
  [ -z "$SHARED_LOCK_TOKEN_FILE" ] ||
    printf 'header = "authorization: Bearer %s"\n' "$(cat "$SHARED_LOCK_TOKEN_FILE")"
}

while true; do
  answer=$(credentials | curl --config - --silent --show-error --max-time 5 "$url/v1/counters/singleton-worker:add" \
    --header 'content-type: application/json' --data "{\"delta\": \"1\", \"fence\": $fence}")
  case $answer in
    *'"value"'*)
      count=$(printf '%s' "$answer" | sed 's/.*"value": *"\(-*[0-9]*\)".*/\1/')
      echo "$$ works: token $token, count $count"
      ;;
    # We were paused, `run` with us, and somebody else has the lock: the counter takes nothing from us any more.
    *STALE_TOKEN*)
      echo "$$ too late: token $token, refused, STALE_TOKEN"
      exit 1
      ;;
    # No daemon may be there for a while. How long we may go on without is the business of `run`.
    *)
      echo "$$ trouble, will try again: $answer" >&2
      ;;
  esac
  sleep 1
done
