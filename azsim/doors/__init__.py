"""Ways into a world for other processes."""
