#!/usr/bin/env bash
# Asks a deployed platform whether it is ready: infra/pipeline/check.sh URL
set -euo pipefail
url=${1:?check.sh URL}

for _ in $(seq 1 "${ONSALE_CHECKS:-30}"); do
    if curl --silent --show-error --fail --max-time 5 "$url/api/health/ready"; then
        printf '\n%s is ready\n' "$url"
        exit 0
    fi
    sleep "${ONSALE_CHECK_SECS:-10}"
done
echo "$url is not ready" >&2
exit 1
