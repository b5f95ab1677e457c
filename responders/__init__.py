"""How to do it: one responder in each file, below the service that it acts on."""
