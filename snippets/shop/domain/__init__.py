"""The rules of the business: no framework, no database, no HTTP, no clock."""
