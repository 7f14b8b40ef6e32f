"""What pages show: files and symbols below ``snippets/``, and where."""
