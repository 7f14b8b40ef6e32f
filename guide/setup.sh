#!/bin/sh
# Make .venv hold exactly what requirements.lock names. Needs Python 3.11 or
# later and the network; uses uv where it is found, else a private copy in .uv.
set -eu
cd "$(dirname "$0")/.."

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
  is_new_enough "$PYTHON" ||
    fail "PYTHON=$PYTHON is not a Python 3.11 or later: point PYTHON at one."
else
  for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if is_new_enough "$name"; then
      PYTHON=$name
      break
    fi
  done
  [ -n "${PYTHON:-}" ] ||
    fail "No Python 3.11 or later found: install one, or run make PYTHON=/path/to/python3."
fi
PYTHON=$("$PYTHON" -c 'import sys; print(sys.executable)')

if uv --version >/dev/null 2>&1; then
  UV=uv
else
  UV=.uv/bin/uv
  if ! [ -x "$UV" ]; then
    "$PYTHON" -m venv .uv >/dev/null 2>&1 ||
      fail "$PYTHON cannot make a virtual environment: install uv, or your system's python3-venv package."
    .uv/bin/python -m pip install --quiet --disable-pip-version-check uv ||
      fail "Could not install uv: check that this machine reaches a Python package index."
  fi
fi

export UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$PWD/.venv"
is_new_enough .venv/bin/python ||
  "$UV" venv --quiet --clear --python "$PYTHON" .venv
"$UV" pip sync --quiet requirements.lock ||
  fail "Could not install what requirements.lock names: see the message above."
touch .venv/.ready
