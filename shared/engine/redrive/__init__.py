"""Dead letters again: list them, show them, put them back into the walk. Nothing in them is edited."""
