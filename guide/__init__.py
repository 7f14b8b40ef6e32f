"""The machinery of the guide: excerpts, evidence, checks, decision flow."""
