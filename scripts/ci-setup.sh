#!/usr/bin/env bash
# Installs what suites need besides Node: a Docker engine, file systems that fold case, Redis, a container registry, and AWS's own
# Lambda runtime client. On a machine where that isn't possible those suites fail with one line each.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

missing=()
needs() { # a program, and the Debian packages that bring it
  command -v "$1" >/dev/null || missing+=("${@:2}")
}
needs dockerd docker.io iptables
needs mount.exfat-fuse exfat-fuse
needs mkfs.exfat exfatprogs
needs ntfs-3g ntfs-3g
needs redis-server redis-server
needs autoconf autoconf
needs automake automake
needs libtoolize libtool
needs cmake cmake
needs g++ g++
needs make make
needs docker-registry docker-registry
needs kubectl kubernetes-client

if [ ${#missing[@]} = 0 ]; then
  echo "all here"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  echo "installed: ${missing[*]}"
else
  echo "missing, and can't be installed here (needs root and apt-get): ${missing[*]}" >&2
fi

# npm builds it from C++, in a minute or two: kept outside of the checkout, for the next clean clone. test/services/lambda.ts looks there.
ric=4.0.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/glacier/aws-lambda-ric-$ric
if [ ! -d "$cache" ]; then
  mkdir -p "$(dirname "$cache")"
  half=$(mktemp -d "$cache.XXXXXX")
  trap 'rm -rf "$half"' EXIT
  npm install --prefix "$half" --no-audit --no-fund --ignore-scripts=false --loglevel=error "aws-lambda-ric@$ric" >"$half/log" 2>&1 ||
    { tail -n 20 "$half/log" >&2; echo "aws-lambda-ric can't be built here" >&2; exit 0; }
  mv "$half" "$cache"
  echo "built: aws-lambda-ric $ric"
fi

# Kubernetes has no packages of its server; it is built from Debian's sources, in some minutes. test/services/kubernetes.ts looks there.
log=$(mktemp)
bash "$(dirname "$0")/../test/services/kubernetes/build.sh" "${XDG_CACHE_HOME:-$HOME/.cache}/glacier/kubernetes-1.20" >"$log" 2>&1 ||
  { tail -n 20 "$log" >&2; echo "Kubernetes can't be built here" >&2; }
