#!/bin/bash
# Fetches the secrets and writes what the container is told, where only root can read it.
# With --restart-if-changed: restarts the service if a secret has another version than at its start.
set -euo pipefail

etc=${ONSALE_ETC:-/etc/onsale}
run=${ONSALE_RUN:-/run/onsale}
# shellcheck source=/dev/null
source "$etc/stack.env"
umask 077
mkdir -p "$run"

secret() {
    aws secretsmanager get-secret-value --region "$STACK_REGION" --secret-id "$1" --query SecretString --output text
}

versions() {
    local each
    for each in "$STACK_DB_SECRET" "$STACK_REDIS_SECRET" "$STACK_ADMIN_SECRET"; do
        aws secretsmanager get-secret-value --region "$STACK_REGION" --secret-id "$each" --query VersionId --output text
    done
}

if [[ "${1:-}" == --restart-if-changed ]]; then
    [[ -f "$run/versions" ]] || exit 0
    now=$(versions)
    if [[ "$now" != "$(cat "$run/versions")" ]]; then
        echo "a secret has changed: restarting gracefully"
        exec systemctl restart onsale.service
    fi
    exit 0
fi

now=$(versions)
database=$(secret "$STACK_DB_SECRET")
user=$(jq -r '.username | @uri' <<<"$database")
password=$(jq -r '.password | @uri' <<<"$database")
redis_token=$(secret "$STACK_REDIS_SECRET")
admin_token=$(secret "$STACK_ADMIN_SECRET")
query='ssl-mode=VERIFY_IDENTITY&ssl-ca=/etc/onsale/database-ca.pem'

cp "$etc/settings.env" "$run/env"
cat >>"$run/env" <<ENV
ONSALE_DATABASE_URL=mysql://$user:$password@$STACK_DB_HOST:3306/$STACK_DB_NAME?$query
ONSALE_DATABASE_READER_URL=mysql://$user:$password@$STACK_DB_READER_HOST:3306/$STACK_DB_NAME?$query
ONSALE_REDIS_URL=rediss://:$redis_token@$STACK_REDIS_HOST:$STACK_REDIS_PORT
ONSALE_ADMIN_TOKEN=$admin_token
ENV
# For the collector of our metrics, which runs beside the container.
printf '%s' "$admin_token" >"$run/admin-token"
printf '%s' "$now" >"$run/versions"
