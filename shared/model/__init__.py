"""The words Riposte speaks: frozen values and pure functions, no input or output."""
