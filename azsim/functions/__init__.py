"""A small Azure Functions host: finds the triggers of an app by their bindings, and delivers as the real one does."""
