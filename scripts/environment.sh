# Sourced by the scripts here: the checkout's own tools come first on PATH.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PATH="$root/.venv/bin:$PATH"

say() { printf '==> %s\n' "$*"; }

# quietly LOG COMMAND...: runs with all output in LOG, and shows the log's end when it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1; then
        printf 'failed: %s\n' "$*" >&2
        tail -n 60 "$log" >&2
        printf 'whole output: %s\n' "$log" >&2
        return 1
    fi
}

# fingerprint PATH...: one checksum over the contents and names of all files below the paths.
fingerprint() {
    find "$@" -name __pycache__ -prune -o -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# at_least HAVE WANT: true when version HAVE is WANT or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }
