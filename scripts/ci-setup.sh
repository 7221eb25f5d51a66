#!/usr/bin/env bash
# Installs what suites need besides Node: a Docker engine. On a machine where that isn't possible they fail with one line each.
set -euo pipefail
if command -v dockerd >/dev/null || [ -x /usr/sbin/dockerd ]; then
  echo "dockerd is here"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends docker.io iptables exfat-fuse exfatprogs ntfs-3g >/dev/null
  echo "dockerd installed"
else
  echo "dockerd is missing and can't be installed here (needs root and apt-get)" >&2
fi
