#!/bin/bash
# Whether the server in this container answers: nothing but bash, so that the image needs no client.
set -eu
port=${ONSALE_LISTEN##*:}
exec 3<>"/dev/tcp/127.0.0.1/${port:-8080}"
printf 'GET /api/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 3 _ status _ <&3
[[ "$status" == 200 ]]
