#!/bin/sh
# What the user of a fresh package does, without systemd: start the server, bring a key, register, send, see it arrive.
# Run inside the Debian in which the package is installed, by `cargo xtask package check`.
set -eu

say() { printf 'story: %s\n' "$*"; }
# The value of a field in JSON that is known to be flat there.
field() { sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1" | head -n 1; }
until_file() {
    tries=0
    until [ -s "$1" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || { say "$1 does not come"; exit 1; }
        sleep 0.1
    done
}

work=$(mktemp -d)
chmod 755 "$work"
tidings simulate >"$work/apns.json" 2>"$work/apns.log" &
apns=$!
until_file "$work/apns.json"
control=$(field "$work/apns.json" control)
ca=$(field "$work/apns.json" ca)
cp "$ca" "$work/ca.pem"
chmod 644 "$work/ca.pem"

install -d -o tidings -g tidings -m 0700 /run/tidings
setpriv --reuid=tidings --regid=tidings --init-groups env \
    TIDINGS_DELIVERY__PRODUCTION_URL="$(field "$work/apns.json" production)" \
    TIDINGS_DELIVERY__SANDBOX_URL="$(field "$work/apns.json" sandbox)" \
    TIDINGS_DELIVERY__CA_FILE="$work/ca.pem" \
    tidings serve --config /etc/tidings/tidings.toml >"$work/ready.json" 2>"$work/server.log" &
server=$!
trap 'kill "$server" "$apns" 2>/dev/null || true; cat "$work/server.log"' EXIT
until_file "$work/ready.json"
TIDINGS_API_KEY=$(field "$work/ready.json" admin_key)
export TIDINGS_API_KEY
tidings health
say "the server runs, as $(stat -c %U /var/lib/tidings)"

json='content-type: application/json'
curl --silent --fail -H "$json" -d '{"team_id":"TEAM123456"}' "$control/v1/keys" >"$work/key.json"
curl --silent --fail -H "$json" -d '{"team_id":"TEAM123456","bundle_id":"com.example.app"}' "$control/v1/apps" >/dev/null
curl --silent --fail -H "$json" -d '{}' "$control/v1/devices" >"$work/device.json"
device=$(field "$work/device.json" device_id)
curl --silent --fail -H "$json" -d '{"bundle_id":"com.example.app","build":"testflight"}' \
    "$control/v1/devices/$device/installs" >"$work/install.json"
token=$(field "$work/install.json" alert)

api=http://127.0.0.1:8377/v1/apps/com.example.app
key="authorization: Bearer $TIDINGS_API_KEY"
pem=$(field "$work/key.json" private_key_pem)
curl --silent --fail -H "$key" -H "$json" \
    -d "{\"p8\":\"$pem\",\"key_id\":\"$(field "$work/key.json" key_id)\",\"team_id\":\"TEAM123456\"}" "$api/credentials" >/dev/null
curl --silent --fail -H "$key" -H "$json" -X PUT -d '{"user_id":"ann"}' "$api/devices/$token" >/dev/null
tidings send --server http://127.0.0.1:8377 --bundle-id com.example.app --user ann --body 'Tea is ready' --wait
curl --silent --fail "$control/v1/devices/$device/notifications" | grep -q 'Tea is ready'
say "the notification is on the device"

kill "$server"
wait "$server"
kill "$apns"
wait "$apns" || true
trap - EXIT
rm -rf "$work" /run/tidings
say "the server ended in good order"
