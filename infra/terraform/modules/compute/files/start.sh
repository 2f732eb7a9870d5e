# Starts the application and what watches it. Runs once, at the instance's first boot; any failure
# ends the launch, and the group replaces the instance and says so.
set -eEuo pipefail

# Tests run this in a folder of their own.
root=${ONSALE_ROOT:-}
# shellcheck source=/dev/null
source "$root/etc/onsale/stack.env"

instance_id() {
    local token
    token=$(curl -sSf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
    curl -sSf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id
}

end_launch() {
    aws autoscaling complete-lifecycle-action --region "$STACK_REGION" \
        --auto-scaling-group-name "$STACK_NAME" --lifecycle-hook-name "$STACK_LAUNCH_HOOK" \
        --instance-id "$(instance_id)" --lifecycle-action-result "$1"
}

failed() {
    local line=$1
    trap - ERR
    echo "onsale: FATAL: the start failed at line $line: $(sed -n "${line}p" "${BASH_SOURCE[0]}" 2>/dev/null || true)" >&2
    journalctl -u onsale.service --no-pager -n 50 >&2 || true
    end_launch ABANDON || true
    exit 1
}
trap 'failed $LINENO' ERR

install_packages() {
    local attempt
    for attempt in 1 2 3 4 5; do
        if dnf install -y docker jq amazon-cloudwatch-agent; then
            return 0
        fi
        echo "onsale: the packages cannot be had (try $attempt)" >&2
        sleep "${ONSALE_RETRY_SECS:-10}"
    done
    return 1
}

write_database_ca() {
    curl -sSf --retry 5 -o "$root/etc/onsale/database-ca.pem" \
        "https://truststore.pki.rds.amazonaws.com/$STACK_REGION/$STACK_REGION-bundle.pem"
    chmod 0644 "$root/etc/onsale/database-ca.pem"
}

write_units() {
    cat >"$root/etc/systemd/system/onsale.service" <<UNIT
[Unit]
Description=onsale
After=docker.service network-online.target
Requires=docker.service

[Service]
Restart=always
RestartSec=2
TimeoutStartSec=300
TimeoutStopSec=$((STACK_DRAIN_SECS + 10))
ExecStartPre=/usr/local/bin/onsale-env
ExecStartPre=-/usr/bin/docker rm --force onsale
ExecStart=/usr/bin/docker run --name onsale --rm --pull never \\
  --env-file /run/onsale/env --publish $STACK_PORT:$STACK_PORT \\
  --volume /etc/onsale/database-ca.pem:/etc/onsale/database-ca.pem:ro \\
  --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \\
  --ulimit nofile=65536:65536 --stop-timeout $STACK_DRAIN_SECS \\
  --log-driver awslogs --log-opt awslogs-region=$STACK_REGION \\
  --log-opt awslogs-group=$STACK_LOG_GROUP --log-opt mode=non-blocking \\
  $STACK_IMAGE serve
ExecStop=/usr/bin/docker stop --time $STACK_DRAIN_SECS onsale

[Install]
WantedBy=multi-user.target
UNIT
    cat >"$root/etc/systemd/system/onsale-secrets.service" <<'UNIT'
[Unit]
Description=Restart onsale when a secret has changed

[Service]
Type=oneshot
ExecStart=/usr/local/bin/onsale-env --restart-if-changed
UNIT
    # Spread, so that the instances do not all restart at once.
    cat >"$root/etc/systemd/system/onsale-secrets.timer" <<'UNIT'
[Unit]
Description=Look for changed secrets

[Timer]
OnBootSec=5min
OnUnitActiveSec=1min
RandomizedDelaySec=2min

[Install]
WantedBy=timers.target
UNIT
}

write_collector() {
    cat >"$root/opt/aws/amazon-cloudwatch-agent/etc/prometheus.yaml" <<YAML
global:
  scrape_interval: 30s
  scrape_timeout: 10s
scrape_configs:
  - job_name: onsale
    authorization:
      type: Bearer
      credentials_file: /run/onsale/admin-token
    static_configs:
      - targets: ["127.0.0.1:$STACK_PORT"]
        labels:
          environment: $STACK_NAME
YAML
    cat >"$root/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json" <<JSON
{
  "agent": {"metrics_collection_interval": 60, "run_as_user": "root"},
  "metrics": {
    "namespace": "Onsale/$STACK_NAME",
    "append_dimensions": {"AutoScalingGroupName": "\${aws:AutoScalingGroupName}"},
    "aggregation_dimensions": [["AutoScalingGroupName"]],
    "metrics_collected": {
      "mem": {"measurement": ["mem_used_percent"]},
      "disk": {"measurement": ["used_percent"], "resources": ["/"], "drop_device": true}
    }
  },
  "logs": {
    "metrics_collected": {
      "prometheus": {
        "prometheus_config_path": "/opt/aws/amazon-cloudwatch-agent/etc/prometheus.yaml",
        "log_group_name": "$STACK_METRICS_GROUP",
        "emf_processor": {
          "metric_namespace": "Onsale/$STACK_NAME",
          "metric_declaration": [
            {
              "source_labels": ["job"],
              "label_matcher": "^onsale$",
              "dimensions": [["environment"]],
              "metric_selectors": ["^onsale_queue_length$", "^onsale_shed_total$", "^onsale_invariant_violations$"]
            }
          ]
        }
      }
    }
  }
}
JSON
}

pull_image() {
    aws ecr get-login-password --region "$STACK_REGION" |
        docker login --username AWS --password-stdin "$STACK_REGISTRY"
    docker pull "$STACK_IMAGE"
}

# Several instances may do this at once: migrations take a lock in the database.
migrate() {
    docker run --rm --env-file "$root/run/onsale/env" \
        --volume /etc/onsale/database-ca.pem:/etc/onsale/database-ca.pem:ro \
        "$STACK_IMAGE" migrate
}

wait_until_ready() {
    local second
    for second in $(seq 1 "${ONSALE_READY_SECS:-120}"); do
        if curl -sSf --max-time 2 -o /dev/null "http://127.0.0.1:$STACK_PORT/api/health/ready"; then
            echo "onsale: ready after $second s"
            return 0
        fi
        sleep 1
    done
    return 1
}

mkdir -p "$root/etc/systemd/system" "$root/opt/aws/amazon-cloudwatch-agent/etc"
install_packages
write_database_ca
write_units
write_collector
systemctl enable --now docker
pull_image
"$root/usr/local/bin/onsale-env"
migrate
systemctl daemon-reload
systemctl enable --now onsale.service onsale-secrets.timer
"$root/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s \
    -c "file:$root/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json"
wait_until_ready
end_launch CONTINUE
echo "onsale: started"
