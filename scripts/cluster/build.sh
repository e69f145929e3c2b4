#!/bin/sh
# Makes the programs of the cluster tests, a real API server, its store and kubectl, in a cache outside of the checkout:
#   sh scripts/cluster/build.sh            makes what is missing
#   sh scripts/cluster/build.sh --check    only tells, by its exit code, whether nothing is
# The folders kube-apiserver/ (kubectl too) and etcd/ beside this file pin what is built, by go.mod and go.sum. A second, older etcd
# comes from Debian's package where there is apt-get. What is there is left alone; each thing done is printed.
set -eu
cd "$(dirname "$0")"

cache=${LBX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lbx}

say() { printf 'set-up: %s\n' "$*" >&2; }
die() { printf 'set-up failed: %s\n' "$*" >&2; exit 1; }

# The version of module $2 that $1/go.mod asks for.
version_of() { sed -n "s|^\(require \)\{0,1\}[[:space:]]*$2 \(v[0-9.]*\).*|\2|p" "$1/go.mod" | head -n 1; }
# "1.26.0" -> 1026: enough to compare by.
number_of() { echo "$1" | awk -F '[.a-z]' '{ print $1 * 1000 + $2 }'; }
needed_go=$(sed -n 's/^go //p' kube-apiserver/go.mod)

# Sets $go to a Go that is new enough, and exports what it has to be told.
find_go() {
  [ -z "${go:-}" ] || return 0
  command -v go >/dev/null 2>&1 ||
    die "cluster tests need Go $needed_go or newer to build the API server once; install Go (Debian: golang-go), or set LBX_KUBE_BIN to a folder with kube-apiserver and etcd"
  go=go
  found=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')
  [ "$(number_of "$found")" -lt "$(number_of "$needed_go")" ] || return 0
  if [ "$(number_of "$found")" -ge 1021 ]; then
    say "Go $found is here, $needed_go is needed: go downloads it as a module (once)"
    export GOTOOLCHAIN="go$needed_go"
    return 0
  fi
  # Before 1.21 go does not do so by itself, but the toolchain is a module all the same, and go.sum's database vouches for it.
  module=golang.org/toolchain@v0.0.1-go$needed_go.linux-$(go env GOARCH)
  say "Go $found is here: downloading Go $needed_go as the module $module (once)"
  root=$(cd / && go mod download -json "$module" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
  [ -n "$root" ] || die "go mod download $module gave no folder"
  # A module's files are not executable, and none may be called go.mod.
  chmod u+w "$root" "$root/src" "$root/src/cmd"
  chmod a+x "$root"/bin/* "$root"/pkg/tool/*/*
  for sources in "$root/src" "$root/src/cmd"; do
    [ ! -f "$sources/_go.mod" ] || [ -f "$sources/go.mod" ] || cp "$sources/_go.mod" "$sources/go.mod"
  done
  go=$root/bin/go
  export GOROOT="$root" GOTOOLCHAIN=local
}

kube_version=$(version_of kube-apiserver k8s.io/kubernetes)
etcd_version=$(version_of etcd go.etcd.io/etcd/server/v3)

if [ "${1:-}" = --check ]; then
  [ -x "$cache/kube-apiserver-$kube_version/kube-apiserver" ] && [ -x "$cache/kubectl-$kube_version/kubectl" ] &&
    [ -x "$cache/etcd-$etcd_version/etcd" ]
  exit
fi

# build NAME VERSION MODULE-FOLDER PACKAGE LDFLAGS
build() {
  version=$2
  folder=$cache/$1-$version
  [ ! -x "$folder/$1" ] || return 0
  find_go
  say "building $1 $version into $folder (once; the first build on a machine takes minutes)"
  mkdir -p "$folder"
  started=$(date +%s)
  # Under a new name first, so that a build that was interrupted leaves nothing that looks complete.
  (cd "$3" && GOFLAGS=-buildvcs=false CGO_ENABLED=0 nice -n 10 "$go" build -trimpath -ldflags "-s -w $5" -o "$folder/$1.new" "$4") >&2 ||
    die "building $1 did not succeed; what go said is above"
  mv "$folder/$1.new" "$folder/$1"
  say "built $1 in $(($(date +%s) - started)) s"
}

# Unpacked, not installed: installing it would start it as a service.
unpack_debian_etcd() {
  [ ! -x "$cache/etcd-debian/etcd" ] || return 0
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || return 0
  work=$(mktemp -d)
  # Without a list of packages it takes an update, which is root's to do.
  fetch() { apt-get -q download etcd-server || { [ "$(id -u)" = 0 ] && apt-get -q update && apt-get -q download etcd-server; }; }
  if (cd "$work" && fetch && dpkg-deb -x etcd-server_*.deb .) >"$work/log" 2>&1; then
    mkdir -p "$cache/etcd-debian"
    mv "$work/usr/bin/etcd" "$cache/etcd-debian/etcd"
    say "unpacked Debian's etcd into $cache/etcd-debian"
  else
    cat "$work/log" >&2
    rm -rf "$work"
    die "Debian's package etcd-server cannot be fetched; what apt-get said is above"
  fi
  rm -rf "$work"
}

mkdir -p "$cache"
# Two checkouts may be set up at once: the second one waits for what the first one builds.
exec 9>"$cache/cluster.lock"
flock 9
kube=k8s.io/component-base/version
client=k8s.io/client-go/pkg/version
minor=$(echo "$kube_version" | cut -d . -f 2)
version_flags="-X $kube.gitVersion=$kube_version -X $kube.gitMajor=1 -X $kube.gitMinor=$minor -X $kube.gitTreeState=clean -X $client.gitVersion=$kube_version"
for program in kube-apiserver kubectl; do
  build $program "$kube_version" kube-apiserver k8s.io/kubernetes/cmd/$program "$version_flags"
done
build etcd "$etcd_version" etcd go.etcd.io/etcd/server/v3 ''
unpack_debian_etcd
