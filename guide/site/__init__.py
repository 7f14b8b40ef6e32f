"""The site: what MkDocs is told to do beyond Markdown, and the build."""
