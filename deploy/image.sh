#!/bin/sh
# Builds the image with whichever engine is at hand, and asks of it what compose.yaml relies on. `make image`.
#   BASE   another base with Python 3.11, where the engine cannot reach the one that is named
#   MORE   what the engine is to be told besides: where packages come from, or which certificates to trust
set -eu
engine=
for each in docker podman buildah; do command -v "$each" >/dev/null && engine=${engine:-$each}; done
[ -n "$engine" ] || { echo "No container engine here: docker, podman or buildah. Nothing was built."; exit 0; }

case $engine in
buildah)
    # shellcheck disable=SC2086  MORE holds words
    buildah bud --quiet ${BASE:+--build-arg "BASE=$BASE"} ${MORE:-} -f deploy/Containerfile -t amana:local . >/dev/null
    made=$(buildah from --pull-never localhost/amana:local)
    trap 'buildah rm "$made" >/dev/null' EXIT
    inside() { buildah run --user 10001:10001 "$made" -- "$@"; }
    ;;
*)
    # shellcheck disable=SC2086
    $engine build --quiet ${BASE:+--build-arg "BASE=$BASE"} ${MORE:-} -f deploy/Containerfile -t amana:local . >/dev/null
    inside() { $engine run --rm --read-only --network none --entrypoint "" amana:local "$@"; }
    ;;
esac

wrong=0
holds() { if [ "$2" = "$3" ]; then echo "ok    $1"; else echo "WRONG $1: $2"; wrong=1; fi; }
writable='import os, sys
for folder, _, files in os.walk("/opt/amana"):
    sys.exit(1) if any(os.access(os.path.join(folder, each), os.W_OK) for each in (".", *files)) else None'
rules='from app.policy.engine import Policy; print(Policy.read().hash)'
sees() { if inside "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }

holds "it runs as nobody in particular" "$(inside id -u)" 10001
holds "nothing of the program can be written" "$(sees python -c "$writable")" yes
holds "the control: what may be written is found" \
    "$(sees python -c "$(echo "$writable" | sed 's|/opt/amana|/var/lib/amana|')")" no
holds "it holds the rules of this folder" \
    "$(inside python -c "$rules")" "$(.venv/bin/python -c "$rules")"
holds "its command answers" "$(sees python -m app.cli --help)" yes
holds "neither tests nor history are in it" "$(sees test -e /opt/amana/tests -o -e /opt/amana/.git)" no
for words in "serve --staff" "serve --portal" worker; do
    # shellcheck disable=SC2086
    holds "$words starts without a database: it does not" "$(sees env AMANA_HOME=/tmp python -m app.cli $words)" no
done
exit $wrong
