# Sourced by the suites here, which run in the checkout's root.
# shellcheck shell=bash

. scripts/environment.sh

# nothing_to_test WHY: ends a suite that has nothing to run in this checkout.
nothing_to_test() {
    printf '%s\n' "$*"
    exit 77
}

has_tests() { [ -d "$1" ] && [ -n "$(find "$1" -name 'test_*.py' -print -quit)" ]; }

shell_files() {
    find scripts .ci bench examples tests -name node_modules -prune -o -type f -print |
        LC_ALL=C sort | while IFS= read -r file; do
            case $(head -c 32 "$file" | tr -d '\0' | head -n 1) in
                '#!'*bash* | '#!/bin/sh'*) printf '%s\n' "$file" ;;
            esac
        done
    printf '%s\n' scripts/environment.sh scripts/suites/suite.sh
}

# run_c_tests PRESET LABEL: builds build/PRESET and runs the ctest tests with that label.
run_c_tests() {
    [ -f CMakePresets.json ] || nothing_to_test "no CMakePresets.json"
    [ -f "build/$1/build.ninja" ] || cmake --preset "$1"
    cmake --build "build/$1"
    ctest --test-dir "build/$1" --no-tests=error --label-regex "^($2)$" -V
}

# use_installed_core: installs build/release into build/prefix, as a user of the library would have
# it, and lets pkg-config and the loader find it there.
use_installed_core() {
    cmake --build build/release
    cmake --install build/release --prefix "$root/build/prefix" >/dev/null
    export PKG_CONFIG_PATH="$root/build/prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    export LD_LIBRARY_PATH="$root/build/prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}
