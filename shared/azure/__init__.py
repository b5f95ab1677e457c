"""Azure as one value: identity, SDK clients, ledger, audit and dead letters."""
