#!/bin/sh
# Makes sure a Chromium is there for the browser tests and prints its path on stdout.
# Order: CHROMIUM_PATH, the usual places, else Debian's package (as root, or with password-free sudo).
set -eu
for c in "${CHROMIUM_PATH:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome \
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
  if [ -n "$c" ] && [ -x "$c" ]; then echo "$c"; exit 0; fi
done
if ! command -v apt-get >/dev/null; then
  echo "No Chromium found, and no apt-get to install one. Install Chromium or Chrome and set CHROMIUM_PATH to its executable." >&2
  exit 1
fi
S=; [ "$(id -u)" = 0 ] || S="sudo -n"
echo "No Chromium found: installing Debian's package (about 120 MB) ..." >&2
$S apt-get -o DPkg::Lock::Timeout=600 update -qq >&2
# The unpacking log is of no use to anyone; errors come on stderr all the same.
$S env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends chromium >/dev/null
echo /usr/bin/chromium
