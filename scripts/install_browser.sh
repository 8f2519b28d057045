#!/bin/sh
# Prints the path of a Chromium for the browser tests; installs one where the system's package
# manager may be used without asking for a password. With --find it only looks.
# Exit code 1 with the reason when there is none. PACKETFLOW_CHROMIUM=... names one.
set -eu

find_browser() {
    if [ -n "${PACKETFLOW_CHROMIUM:-}" ]; then
        command -v "$PACKETFLOW_CHROMIUM" && return 0
        echo "browser: PACKETFLOW_CHROMIUM names '$PACKETFLOW_CHROMIUM', which cannot be run" >&2
        exit 1
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
        /Applications/Chromium.app/Contents/MacOS/Chromium; do
        command -v "$name" && return 0
    done
    return 1
}

find_browser && exit 0
how="install Chromium or Chrome, or set PACKETFLOW_CHROMIUM to its path"
if [ "${1:-}" = --find ]; then
    echo "browser: no Chromium was found; $how" >&2
    exit 1
fi

if [ "$(id -u)" = 0 ]; then as_root=
elif sudo -n true 2>/dev/null; then as_root='sudo -n'
else as_root=no; fi
if ! command -v apt-get >/dev/null || [ "$as_root" = no ]; then
    echo "browser: no Chromium was found, and it cannot be installed without your help; $how" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "browser: installing Chromium with apt-get" >&2
install() {
    {
        $as_root apt-get update -qq &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
                --no-install-recommends chromium fonts-liberation
    } >"$log" 2>&1 </dev/null
}
if ! install && ! { sleep 5; install; }; then
    echo "browser: apt-get could not install Chromium; its last words:" >&2
    tail -n 5 "$log" >&2
    exit 1
fi
find_browser
