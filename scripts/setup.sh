#!/bin/sh
# Sets up all that a goal needs, from a plain clone on Debian 12 with Node 20 or newer and npm:
#   sh scripts/setup.sh demo|test|bench|build|check|docs
# Idempotent: what is there is left alone, and each thing done is printed. Called by the npm scripts.
set -eu
cd "$(dirname "$0")/.."

goal=${1:-build}
pnpm_version=12.21.0

say() { printf 'set-up: %s\n' "$*" >&2; }
die() { printf 'set-up failed: %s\n' "$*" >&2; exit 1; }

# Runs a command quietly; shows its output only when it fails.
quietly() {
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "'$*' did not succeed; its output is above"
  fi
  rm -f "$log"
}

require_node() {
  command -v node >/dev/null 2>&1 || die "node is not installed; lbx needs Node 20 or newer (with npm) to start with"
  command -v npm >/dev/null 2>&1 || die "npm is not installed; install it beside $(command -v node)"
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || die "found Node $(node -v), need 20 or newer"
}

# True where tests against a real API server must not be skipped, and nobody says where to find one.
requires_cluster() {
  [ "$goal" = test ] && [ -z "${LBX_KUBE_BIN:-}" ] || return 1
  case ",${LBX_REQUIRE:-}," in *,cluster,*) ;; *) return 1 ;; esac
}

# Debian packages. libbpf1, iproute2 and ethtool are used at run time; the compiler only where objects are rebuilt and compared,
# curl and sysctl (procps) where the first hour of the documentation is played; iptables where tests want a node with netfilter's rules.
apt_packages() {
  packages="libbpf1 iproute2 ethtool"
  case $goal in
    test | check) packages="$packages clang-19 llvm-19 libbpf-dev linux-libc-dev libc6-dev" ;;
  esac
  case $goal in
    check | docs) packages="$packages curl procps" ;;
  esac
  [ "$goal" != test ] || packages="$packages iptables"
  # Debian's Go may be an old one: it fetches a newer one by itself.
  if requires_cluster && ! command -v go >/dev/null 2>&1 && ! sh scripts/cluster/build.sh --check; then
    packages="$packages golang-go ca-certificates"
  fi
  printf '%s' "$packages"
}

install_apt() {
  missing=
  for package in $(apt_packages); do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 ||
    die "these Debian packages (or your distribution's like) are missing:$missing"
  [ "$(id -u)" = 0 ] || die "missing packages:$missing; run as root, or: sudo apt-get install$missing"
  say "installing with apt-get:$missing"
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update -q
  # shellcheck disable=SC2086
  quietly apt-get install -q -y --no-install-recommends $missing
}

# pnpm lives inside the checkout, so nothing on the machine changes.
install_pnpm() {
  pnpm=$PWD/.tools/node_modules/.bin/pnpm
  [ "$("$pnpm" --version 2>/dev/null || true)" = "$pnpm_version" ] && return 0
  say "installing pnpm $pnpm_version into .tools"
  mkdir -p .tools
  [ -f .tools/package.json ] || echo '{ "private": true }' >.tools/package.json
  quietly npm install --prefix .tools --no-fund --no-audit --no-save "pnpm@$pnpm_version"
}

# One line that changes when any of the listed files does.
fingerprint() { xargs -0 cat | sha256sum | cut -d ' ' -f 1; }

install_npm_packages() {
  stamp=node_modules/.lbx-installed
  now=$(find package.json .pnpmfile.mjs pnpm-lock.yaml pnpm-workspace.yaml bpf/package.json examples/package.json \
    packages/*/package.json -print0 | sort -z | fingerprint)
  [ "$(cat $stamp 2>/dev/null || true)" = "$now" ] && return 0
  say "installing npm packages (a current Node among them)"
  quietly "$pnpm" install --frozen-lockfile
  printf '%s' "$now" >$stamp
}

# What the site is made with: a project of its own in docs/.
install_docs_packages() {
  case $goal in
    check | docs) ;;
    *) return 0 ;;
  esac
  stamp=docs/node_modules/.lbx-installed
  now=$(find docs/package.json docs/pnpm-lock.yaml docs/pnpm-workspace.yaml -print0 | sort -z | fingerprint)
  [ "$(cat $stamp 2>/dev/null || true)" = "$now" ] && return 0
  say "installing what the site of the documentation is made with (140 MB in docs/node_modules)"
  quietly "$pnpm" --dir docs install --frozen-lockfile
  printf '%s' "$now" >$stamp
}

build_packages() {
  stamp=node_modules/.lbx-built
  now=$(find tsconfig.json pnpm-lock.yaml scripts/build-cjs.ts bpf/package.json bpf/src packages/*/package.json packages/*/src \
    -type f -print0 | sort -z | fingerprint)
  if [ "$(cat $stamp 2>/dev/null || true)" = "$now" ] && [ -f packages/cli/dist/main.js ]; then return 0; fi
  say "building the packages"
  quietly "$pnpm" --recursive --workspace-concurrency=2 run build
  printf '%s' "$now" >$stamp
}

# Takes minutes the first time, so only where it is asked for. Kept outside of the checkout.
prepare_cluster() {
  if requires_cluster; then
    sh scripts/cluster/build.sh || exit 1
  elif [ "$goal" = test ] && [ -z "${LBX_KUBE_BIN:-}" ] && ! sh scripts/cluster/build.sh --check; then
    say "tests against a real API server are skipped: it is not built yet (with LBX_REQUIRE=cluster it is: once, minutes)"
  fi
}

case $goal in
  demo | test | bench | build | check | docs) ;;
  *) die "unknown goal '$goal'; use demo, test, bench, build, check or docs" ;;
esac
require_node
install_apt
install_pnpm
PATH=$PWD/node_modules/.bin:$PWD/.tools/node_modules/.bin:$PATH
export PATH
install_npm_packages
install_docs_packages
build_packages
prepare_cluster
say "ready for $goal ($(node -v), $(uname -sr))"
