"""Playbooks: what to do when. One YAML file each, compiled at start."""
