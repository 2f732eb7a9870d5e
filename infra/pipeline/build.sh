#!/usr/bin/env bash
# Builds the image: infra/pipeline/build.sh TAG
set -euo pipefail
tag=${1:?build.sh TAG}
cd "$(dirname "$0")/../.."

# The commit's own time, so that the same commit gives the same image.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
docker build --pull --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" --tag "onsale:$tag" .
docker run --rm "onsale:$tag" --version
