#!/usr/bin/env bash
# Brings an environment to what its files say: shows the plan, asks once, applies, and waits until the
# instances run the image or have been put back.
#
#   ONSALE_STATE_BUCKET=my-state infra/deploy.sh dev --repository-only
#   ONSALE_STATE_BUCKET=my-state infra/deploy.sh dev --image 2030-01-02-abc1234 [--yes]
set -euo pipefail

usage() {
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 2
}

environment=${1:-}
[[ "$environment" == dev || "$environment" == prod ]] || usage
shift
image=
yes=false
repository_only=false
while (($#)); do
    case $1 in
        --image) image=${2:?--image wants a tag} && shift ;;
        --yes) yes=true ;;
        --repository-only) repository_only=true ;;
        *) usage ;;
    esac
    shift
done
: "${ONSALE_STATE_BUCKET:?the bucket that holds the state; docs/deployment.md says how to make one}"
region=${AWS_REGION:-ap-northeast-2}

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/terraform/environments/$environment"
plan=$(mktemp)
trap 'rm -f "$plan"' EXIT

terraform init -input=false -backend-config="bucket=$ONSALE_STATE_BUCKET" -backend-config="region=$region"

arguments=(-input=false -out="$plan" -var="region=$region")
if $repository_only; then
    # The first instances need an image, and an image needs somewhere to be.
    arguments+=(-var=image_tag=none -target=module.compute.aws_ecr_repository.this -target=module.compute.aws_ecr_lifecycle_policy.this)
elif [[ -z "$image" ]]; then
    echo "which image? --image TAG; --repository-only comes first, where there is none yet" >&2
    exit 2
else
    arguments+=(-var="image_tag=$image")
fi

terraform plan "${arguments[@]}"
if ! $yes; then
    read -r -p "Apply this to $environment? (yes/no) " answer
    [[ "$answer" == yes ]] || { echo "nothing was changed"; exit 1; }
fi
terraform apply -input=false "$plan"

if $repository_only; then
    echo "push an image to $(terraform output -raw ecr_repository_url)"
    exit 0
fi
"$here/pipeline/wait_for_refresh.sh" "$(terraform output -raw autoscaling_group_name)"
"$here/pipeline/check.sh" "$(terraform output -raw url)"
