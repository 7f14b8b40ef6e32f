"""One process, one deployment, modules that meet at their api only."""
