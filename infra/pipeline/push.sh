#!/usr/bin/env bash
# Pushes the image and waits for its scan: infra/pipeline/push.sh REPOSITORY_URL TAG
set -euo pipefail
url=${1:?push.sh REPOSITORY_URL TAG}
tag=${2:?push.sh REPOSITORY_URL TAG}
region=${AWS_REGION:-ap-northeast-2}
repository=${url#*/}

if aws ecr describe-images --region "$region" --repository-name "$repository" --image-ids "imageTag=$tag" >/dev/null 2>&1; then
    echo "$tag is there already: a tag names one build for ever"
    exit 0
fi
aws ecr get-login-password --region "$region" | docker login --username AWS --password-stdin "${url%%/*}"
docker tag "onsale:$tag" "$url:$tag"
docker push "$url:$tag"
aws ecr wait image-scan-complete --region "$region" --repository-name "$repository" --image-id "imageTag=$tag"
critical=$(aws ecr describe-image-scan-findings --region "$region" --repository-name "$repository" --image-id "imageTag=$tag" \
    --query 'imageScanFindings.findingSeverityCounts.CRITICAL' --output text)
if [[ "$critical" != None && "$critical" != 0 ]]; then
    echo "the scan found $critical critical findings: not to be deployed" >&2
    exit 1
fi
echo "pushed $url:$tag"
