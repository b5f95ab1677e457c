"""The HTTP API: what analysts and their tools may ask. Plain functions from a request to an answer."""
