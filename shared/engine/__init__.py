"""The walk, one file for each station."""
