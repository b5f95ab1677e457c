"""The audit records, looked at once they are in Log Analytics."""
