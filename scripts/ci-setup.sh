#!/usr/bin/env bash
# Installs what suites need besides Node: a Docker engine, file systems that fold case, Redis, a container registry, AWS's own
# Lambda runtime client, Kubernetes. On a machine where that isn't possible those suites fail with one line each.
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
needs gcc gcc libc6-dev
needs docker-registry docker-registry
needs kubectl kubernetes-client
[ -d /usr/share/gocode/src/github.com/antonmedv/expr ] || missing+=(golang-github-antonmedv-expr-dev)
[ -x /usr/lib/go-1.19/bin/go ] || missing+=(golang-1.19-go)

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

# What takes minutes to build is kept outside of the checkout, for the next clean clone.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/glacier
log=$(mktemp)
half=
trap 'rm -rf "$log" "$half"' EXIT

# npm builds it from C++, in a minute or two. test/services/lambda.ts looks there.
ric=aws-lambda-ric
version=4.0.2
if [ ! -d "$cache/$ric-$version" ]; then
  mkdir -p "$cache"
  half=$(mktemp -d "$cache/$ric-$version.XXXXXX")
  if npm install --prefix "$half" --no-audit --no-fund --ignore-scripts=false --loglevel=error "$ric@$version" >"$log" 2>&1; then
    mv "$half" "$cache/$ric-$version"
    echo "built: $ric $version"
  else
    tail -n 20 "$log" >&2
    echo "$ric can't be built here" >&2
  fi
fi

# Kubernetes has no packages of its server; it is built from Debian's sources, in some minutes. test/services/kubernetes.ts looks there.
if ! bash "$(dirname "$0")/../test/services/kubernetes/build.sh" "$cache/kubernetes-1.20" >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "Kubernetes can't be built here" >&2
fi
