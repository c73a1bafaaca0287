"""The API: one file a resource, all under /v1 but health."""
