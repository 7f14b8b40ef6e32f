#!/bin/sh
# Make .venv, or $UV_PROJECT_ENVIRONMENT, hold exactly what uv.lock names. Run
# it as often as you like.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")"

if ! command -v uv >/dev/null; then
  echo "uv is missing: https://docs.astral.sh/uv/getting-started/installation/" >&2
  exit 1
fi

# At a desk, a changed pyproject.toml updates the lock. In CI it is an error.
case "${CI:-false}" in
  false | 0) uv sync --quiet --all-packages ;;
  *) uv sync --quiet --all-packages --locked ;;
esac

echo "Ready. Run something: uv run python"
