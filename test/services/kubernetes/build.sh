#!/bin/bash
# Builds a Kubernetes 1.20 control plane and kubelet from Debian's source package, once: about 6 minutes on two cores.
# Usage: build.sh OUT_DIR, which then has kube-apiserver, kube-controller-manager, kube-scheduler and kubelet.
# Needs Debian 12 and root: it installs Go 1.19 and etcd with apt-get.
set -euo pipefail
out=${1:?usage: build.sh OUT_DIR}
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet)
has_all() { local name; for name in "${programs[@]}"; do [ -x "$1/$name" ] || return 1; done; }
if has_all "$out" && command -v etcd >/dev/null; then echo "already built in $out"; exit 0; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Source packages come by source lists of their own: the machine's stay as they are.
mkdir -p apt/lists/partial apt/sources.d apt/cache/archives/partial
mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true)
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} bookworm main" >apt/sources.list
private=(-o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts="$work/apt/sources.d"
  -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache")
apt-get "${private[@]}" update -qq
apt-get "${private[@]}" source --download-only -qq kubernetes
apt-get install -y -qq --no-install-recommends golang-1.19-go etcd-server rsync jq make golang-github-modern-go-reflect2-dev
if has_all "$out"; then exit 0; fi

mkdir tree
tar xzf kubernetes_*orig.tar.gz -C tree --strip-components=1
cd tree
# The vendored reflect2 panics on custom resources under Go 1.19; Debian's own copy doesn't.
reflect2=vendor/github.com/modern-go/reflect2
rm -f "$reflect2"/*.go "$reflect2"/*.s
cp /usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$reflect2/"
rm -f "$reflect2"/*_test.go
mkdir -p .go/src/k8s.io
ln -sfn ../../.. .go/src/k8s.io/kubernetes
PATH=/usr/lib/go-1.19/bin:$PATH GOPATH=$PWD/.go GOCACHE=$work/gocache CGO_ENABLED=0 GO111MODULE=auto \
  make WHAT="${programs[*]/#/cmd/}"

# All of it or nothing: a build that is stopped leaves no half.
half=$out.half.$$
mkdir -p "$half"
for name in "${programs[@]}"; do cp "_output/local/bin/linux/amd64/$name" "$half/"; done
rm -rf "$out"
mv "$half" "$out"
echo "built in $out"
