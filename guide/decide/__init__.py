"""The decision guide: its flow, pages, records, zips, command line."""
