"""The recipes that come with Coterie, one TOML file each."""
