"""The pages: one file a page, each with its state in the URL."""
