#!/bin/sh
# Makes .venv with everything the project needs. Does nothing when pyproject.toml, constraints.txt,
# this script and the folder are the same as the last time. PYTHON=... chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/setup-stamp
log=.venv/setup.log
wanted='studio,library,llm,mcp,dev'
network='NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|NameResolution|Name or service not known|Temporary failure|Connection reset|ConnectionResetError|RemoteDisconnected|IncompleteRead|ProtocolError|SSLError'

state() { { pwd -P; cat pyproject.toml constraints.txt scripts/setup.sh; } | cksum; }
suitable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; }
# a .venv that was moved or copied has scripts that point to its former place
usable() { .venv/bin/python -c '' 2>/dev/null && grep -qF -e "$(pwd)/.venv" -e "$(pwd -P)/.venv" .venv/bin/pip 2>/dev/null; }

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(state)" ] && usable && suitable .venv/bin/python; then exit 0; fi
began=$(date +%s)

if ! usable || ! suitable .venv/bin/python; then
    python= without_venv= seen=
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if suitable "$name"; then
            if "$name" -c 'import ensurepip, venv' 2>/dev/null; then python=$name; break; fi
            without_venv="$without_venv $name"
        elif version=$("$name" --version 2>/dev/null); then
            seen="$seen$name is $version. "
        fi
    done
    if [ -z "$python" ] && [ -n "$without_venv" ]; then
        echo "setup: Python was found (${without_venv# }) but not its venv module." >&2
        echo "       Install it (on Debian and Ubuntu: apt-get install python3-venv) and try again." >&2
        exit 1
    elif [ -z "$python" ]; then
        echo "setup: PacketFlow needs Python 3.11 to 3.14, and none was found. $seen" >&2
        echo "       Install one, or name it: make setup PYTHON=/path/to/python3" >&2
        exit 1
    fi
    echo "setup: making .venv with $("$python" --version) (the first time takes a few minutes)"
    "$python" -m venv --clear .venv
else
    echo "setup: bringing .venv up to date"
fi
rm -f "$stamp"

install() {
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
        --no-warn-script-location --progress-bar off --prefer-binary \
        -c constraints.txt -e ".[$wanted]" >"$log" 2>&1
}
if ! install; then
    if grep -qE "$network" "$log"; then
        echo "setup: the network failed; trying once more" >&2
        sleep "${SETUP_PAUSE_SECONDS:-5}"
        if ! install; then
            if grep -qE "$network" "$log"; then
                echo "setup: pip cannot reach its package index. Check the network, the proxy, and" >&2
                echo "       what '.venv/bin/pip config list' says, then run 'make setup' again." >&2
            fi
            echo "       All of pip's words: $log" >&2
            exit 1
        fi
    else
        echo "setup: pip failed; its last words (all of them: $log):" >&2
        tail -n 15 "$log" >&2
        exit 1
    fi
fi
state >"$stamp"
echo "setup: .venv is ready ($(($(date +%s) - began)) s)"
