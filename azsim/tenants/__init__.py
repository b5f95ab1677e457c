"""Sample tenants."""
