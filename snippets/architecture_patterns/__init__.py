"""Architecture patterns: ports, adapters, units of work and what uses them."""
