#!/usr/bin/env bash
# Takes an environment away: shows what goes, asks once, and leaves nothing but production's last
# database snapshot.
#
#   ONSALE_STATE_BUCKET=my-state infra/destroy.sh dev [--yes]
set -euo pipefail

usage() {
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit 2
}

environment=${1:-}
[[ "$environment" == dev || "$environment" == prod ]] || usage
shift
yes=false
while (($#)); do
    case $1 in
        --yes) yes=true ;;
        *) usage ;;
    esac
    shift
done
: "${ONSALE_STATE_BUCKET:?the bucket that holds the state}"
region=${AWS_REGION:-ap-northeast-2}
if [[ "$environment" == prod ]] && $yes; then
    echo "production is not destroyed without being asked" >&2
    exit 2
fi

cd "$(dirname "$0")/terraform/environments/$environment"
terraform init -input=false -backend-config="bucket=$ONSALE_STATE_BUCKET" -backend-config="region=$region"
terraform plan -destroy -input=false -var="region=$region" -var=image_tag=none
if ! $yes; then
    read -r -p "Destroy all of $environment? Type its name: " answer
    [[ "$answer" == "$environment" ]] || { echo "nothing was changed"; exit 1; }
fi
if [[ "$environment" == prod ]]; then
    # What protects against accidents has to go first; the instances need not stay the same for that.
    terraform apply -input=false -auto-approve -var="region=$region" -var=image_tag=none -var=protected=false \
        -target=module.database -target=module.compute.aws_lb.this -target=module.compute.aws_ecr_repository.this \
        -target=module.storage
fi
terraform destroy -input=false -auto-approve -var="region=$region" -var=image_tag=none
