#!/bin/sh
# What a container does with the image, without a container: the program alone, as nobody, on a root that cannot be written but for
# its data. Run as root, in a mount namespace of its own: unshare --mount deploy/container/story.sh PROGRAM
set -eu

say() { printf 'story: %s\n' "$*"; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
image=$work/image
mkdir -p "$image/data"
cp "$1" "$image/tidings"
chown 65532:65532 "$image/data"
mount --bind "$image" "$image"
mount --bind "$image/data" "$image/data"
mount -o remount,bind,ro "$image"
trap 'cat "$work"/*.log 2>/dev/null || true; umount "$image/data" "$image"; rm -rf "$work"' EXIT

# The variables of the container file, but for a port that may be taken.
variables=$(grep -oE '(TIDINGS_[A-Z_]*|TMPDIR)=[^ ]*' "$here/Containerfile" | sed 's/:8377$/:0/')
inside() {
    # shellcheck disable=SC2086 # one word a variable
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin $variables chroot --userspec=65532:65532 --groups= "$image" /tidings "$@"
}

if ! inside --version; then
    say "the program does not run"
    exit 1
fi
inside demo --once >"$work/demo" 2>&1 || { cat "$work/demo"; exit 1; }
say "demo: $(tail -n 1 "$work/demo")"

inside serve >"$work/ready" 2>"$work/server.log" &
tries=0
until [ -s "$work/ready" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || { say "the server does not start"; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/ready" | sed 's/0\.0\.0\.0/127.0.0.1/')
pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$work/ready")
inside health --server "$url"
[ "$(stat -c %u "$image/data/tidings.db")" = 65532 ]
if chroot --userspec=65532:65532 "$image" /tidings backup --data /data /elsewhere.db 2>/dev/null; then
    say "the root can be written"
    exit 1
fi
kill "$pid"
wait
rm -f "$work/server.log"
say "served, healthy, and ended in good order with nothing but the program"
