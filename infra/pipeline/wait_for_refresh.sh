#!/usr/bin/env bash
# Waits until the group's latest refresh is over; fails where it was rolled back:
# infra/pipeline/wait_for_refresh.sh GROUP
set -euo pipefail
group=${1:?wait_for_refresh.sh GROUP}
region=${AWS_REGION:-ap-northeast-2}

for _ in $(seq 1 "${ONSALE_REFRESH_CHECKS:-240}"); do
    status=$(aws autoscaling describe-instance-refreshes --region "$region" --auto-scaling-group-name "$group" \
        --max-records 1 --query 'InstanceRefreshes[0].Status' --output text)
    case $status in
        Successful | None)
            echo "the instances run the image"
            exit 0
            ;;
        Pending | InProgress | Cancelling | RollbackInProgress | Baking)
            echo "refresh: $status"
            sleep "${ONSALE_REFRESH_SECS:-15}"
            ;;
        *)
            echo "the refresh ended as $status: the instances run what they ran before" >&2
            aws autoscaling describe-instance-refreshes --region "$region" --auto-scaling-group-name "$group" \
                --max-records 1 --query 'InstanceRefreshes[0].StatusReason' --output text >&2
            exit 1
            ;;
    esac
done
echo "the refresh is not over yet" >&2
exit 1
