"""What may speak against a step, one file each. `shared.engine.guard` alone knows their order."""
