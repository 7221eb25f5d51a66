#!/usr/bin/env bash
# Installs what suites need besides Node: a Docker engine, file systems that fold case, and Redis. On a machine where that isn't possible
# those suites fail with one line each.
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
