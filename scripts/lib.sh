# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# What scripts/run, scripts/test and .ci/run share: finding and installing what
# the build needs, and building. To be sourced.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${ASYNCDL_BUILD_DIR:-$ROOT/build}
export PATH=$PATH:/usr/sbin # where Debian keeps servers, and users do not look

# PACKAGE|PROBE|WHY. A probe is the proof that the thing is there, whoever
# installed it: cmd:PROGRAM, pc:MODULE (pkg-config), file:PATH or h:HEADER; or
# that dpkg says so, pkg:PACKAGE.
readonly BUILD_NEEDS='
gcc|cmd:cc|the C compiler
libc6-dev|h:stdlib.h|the C library to compile against
meson|cmd:meson|configures the build
ninja-build|cmd:ninja|runs the build
pkgconf|cmd:pkg-config|finds the libraries
libuv1-dev|pc:libuv|the event loop
libcurl4-openssl-dev|pc:libcurl|HTTP and TLS
libc-ares-dev|pc:libcares|asks the name servers of --dns-servers
libidn2-dev|pc:libidn2|host names beyond ASCII
libsqlite3-dev|pc:sqlite3|the names and URLs of long lists
libssl-dev|pc:libcrypto|checksums, and the demo site'"'"'s certificate
libjansson-dev|pc:jansson|JSON lines in lists
uthash-dev|h:uthash.h|maps and lists
libmicrohttpd-dev|pc:libmicrohttpd|the demo site
zlib1g-dev|pc:zlib|compressed bodies
ca-certificates|file:/etc/ssl/certs/ca-certificates.crt|verifies servers'"'"' certificates
'
readonly TEST_NEEDS='
libcmocka-dev|pc:cmocka|unit tests
g++|cmd:c++|compiles the headers as C++
nginx-light|cmd:nginx|a real server in flow tests
nghttp2-proxy|cmd:nghttpx|HTTP/2 in flow tests
tinyproxy-bin|cmd:tinyproxy|a proxy in flow tests
openssl|cmd:openssl|certificates in flow tests
binutils|cmd:objdump|reads the symbols of the library
'
readonly CI_NEEDS='
clang-14|cmd:clang-14|the second compiler
mold|cmd:mold|links hundreds of tests quickly
libclang-rt-14-dev|pkg:libclang-rt-14-dev|libFuzzer
clang-format-14|cmd:clang-format-14|checks the formatting
libc6-dbg|pkg:libc6-dbg|valgrind reads the C library with it
valgrind|cmd:valgrind|finds memory errors and leaks
shellcheck|cmd:shellcheck|checks the scripts
chromium|cmd:chromium|opens the pages of --report
'
readonly BENCH_NEEDS='
nginx-light|cmd:nginx|the server of the benchmark
openssl|cmd:openssl|its certificate
curl|cmd:curl|to compare with
aria2|cmd:aria2c|to compare with
wget2|cmd:wget2|to compare with
python3-aiohttp|file:/usr/lib/python3/dist-packages/aiohttp|to compare with
python3-requests|file:/usr/lib/python3/dist-packages/requests|to compare with
'

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
    say "$@"
    exit 1
}

is_installed() { # PACKAGE
    [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == *' installed' ]]
}

# pkg-config and the compiler may be missing themselves; then dpkg knows.
is_met() { # PACKAGE PROBE
    local what=${2#*:}

    case $2 in
    cmd:*) command -v "$what" >/dev/null ;;
    file:*) [[ -e $what ]] ;;
    pkg:*) is_installed "$what" ;;
    pc:*)
        if command -v pkg-config >/dev/null; then
            pkg-config --exists "$what"
        else
            is_installed "$1"
        fi
        ;;
    h:*)
        if command -v cc >/dev/null; then
            cc -E -include "$what" -x c /dev/null >/dev/null 2>&1
        else
            is_installed "$1"
        fi
        ;;
    *) die "unknown probe $2" ;;
    esac
}

# Sets MISSING to the packages to install and REASONS to a line for each.
find_missing() { # NEEDS
    local package probe why

    MISSING=()
    REASONS=''
    while IFS='|' read -r package probe why; do
        if [[ -n $package ]] && ! is_met "$package" "$probe"; then
            MISSING+=("$package")
            REASONS+=$(printf '  %-22s %s' "$package" "$why")$'\n'
        fi
    done <<<"$1"
}

# Debian starts a service when it installs its package; a build has no use for
# nginx on port 80. invoke-rc.d asks policy-rc.d, where 101 means no.
apt_install() { # PACKAGE...
    (
        policy=/usr/sbin/policy-rc.d
        if [[ ! -e $policy ]]; then
            trap 'rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod 755 "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get -o DPkg::Lock::Timeout=300 -q update &&
            apt-get -o DPkg::Lock::Timeout=300 -q install -y \
                --no-install-recommends "$@"
    ) </dev/null >&2
}

need() { # NEEDS
    find_missing "$1"
    if ((${#MISSING[@]} == 0)); then
        return
    fi
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        say 'these Debian packages are missing:'
        printf '%s' "$REASONS" >&2
        if command -v apt-get >/dev/null; then
            say "install them as root, then run this again:"
            printf '  apt-get install --no-install-recommends %s\n' \
                "${MISSING[*]}" >&2
        else
            say 'this is not Debian: install what stands for them here'
        fi
        exit 1
    fi
    say "installing ${MISSING[*]}"
    apt_install "${MISSING[@]}" || die 'apt-get failed (see above)'
    find_missing "$1"
    if ((${#MISSING[@]} != 0)); then
        die "still not found after installing: ${MISSING[*]}"
    fi
}

# One build at a time in a folder: ninja does not lock it by itself.
lock_build() { # BUILD
    if ! { mkdir -p "$1" && : >>"$1/.lock"; } 2>/dev/null; then
        die "cannot write to $1: ASYNCDL_BUILD_DIR names another folder"
    fi
    exec 9>"$1/.lock"
    if ! flock -n 9; then
        say "waiting for another build in $1"
        flock 9
    fi
}

# Lets go of the lock, and keeps programs started later from holding it.
unlock_build() {
    exec 9>&-
}

# Prints the source folder of a configured BUILD, and whether tests and examples
# are on.
build_state() { # BUILD
    python3 - "$1/meson-info" <<'PY'
import json, pathlib, sys

info = pathlib.Path(sys.argv[1])
source = json.loads((info / "meson-info.json").read_text())["directories"]
options = json.loads((info / "intro-buildoptions.json").read_text())
values = {o["name"]: "true" if o["value"] else "false" for o in options}
print(source["source"], values["tests"], values["examples"], sep="\t")
PY
}

# Runs a tool of the build, and shows what it said only when it failed.
quietly() { # COMMAND...
    local log

    if ! log=$("$@" 2>&1); then
        printf '%s\n' "$log" >&2
        return 1
    fi
    grep -E 'warning:' <<<"$log" >&2 || :
}

# Configures BUILD where it is not, or is of another checkout. Tests that are
# on stay on, so that run and test do not undo each other's work.
configure() { # BUILD TESTS MESON-ARGUMENT...
    local build=$1 tests=$2 source has_tests has_examples state
    local parts=(-Dtests="$tests" -Dexamples=true -Dbench="$tests")
    shift 2

    if [[ -e $build/build.ninja ]] &&
        state=$(build_state "$build" 2>/dev/null); then
        IFS=$'\t' read -r source has_tests has_examples <<<"$state"
        if [[ $source == "$ROOT" ]]; then
            if [[ $tests == true && $has_tests == false ]]; then
                quietly meson configure "$build" "${parts[@]}"
            elif [[ $has_examples == false ]]; then
                quietly meson configure "$build" -Dexamples=true
            fi
            return
        fi
    fi
    say "configuring $build"
    rm -rf "$build"/meson-private "$build"/meson-info "$build"/build.ninja
    quietly meson setup "$build" "$ROOT" "${parts[@]}" "$@"
}

# Configures and builds under the lock.
build() { # BUILD TESTS MESON-ARGUMENT...
    lock_build "$1"
    configure "$@" || die "configuring $1 failed"
    quietly ninja -C "$1" || die "the build in $1 failed"
    unlock_build
}

# Runs tests of BUILD, and closes with `N passed, N failed, N skipped`. Without
# --no-rebuild it first builds what they need. Most tests wait for servers, so
# that there are more at once than processors.
run_tests() { # BUILD MESON-TEST-ARGUMENT...
    local build=$1 status=0
    shift

    rm -f "$build"/meson-logs/testlog*.json
    meson test -C "$build" --print-errorlogs \
        --num-processes "$((2 * $(nproc)))" "$@" || status=$?
    python3 "$ROOT/scripts/summarize_tests.py" "$build/meson-logs" || status=1
    return "$status"
}
