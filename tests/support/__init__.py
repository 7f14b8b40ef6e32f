"""What tests share: servers and databases, processes, waiting, crash points."""
