#!/usr/bin/env bash
# Compiles the server for the image: infra/container/compile.sh OUTPUT_FOLDER
set -euo pipefail
output=${1:?compile.sh OUTPUT_FOLDER}
target=${CARGO_TARGET_DIR:-target}

# The folder that it was built in is not to be told by the binary, nor to change it.
export RUSTFLAGS="--remap-path-prefix=$PWD=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
cargo build --release --locked --package onsale
install -D -m 0755 "$target/release/onsale" "$output/onsale"
strip --strip-debug "$output/onsale"
