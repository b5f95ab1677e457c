"""Azure networking."""
