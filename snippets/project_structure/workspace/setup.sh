#!/bin/sh
# Make .venv hold exactly what uv.lock names. Run it as often as you like.
set -eu
cd "$(dirname "$0")"

if ! command -v uv >/dev/null; then
  echo "uv is missing: https://docs.astral.sh/uv/getting-started/installation/" >&2
  exit 1
fi

# At a desk, a changed pyproject.toml updates the lock. In CI it is an error.
if [ -n "${CI:-}" ]; then
  uv sync --quiet --all-packages --locked
else
  uv sync --quiet --all-packages
fi

echo "Ready. Run something: uv run python"
