"""A small Azure in one process: state, permissions and faults behind Azure's own HTTP interfaces."""
