"""The pages: each reads, and fills a template."""
