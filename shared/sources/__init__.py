"""What comes in: one pure file for each event source."""
