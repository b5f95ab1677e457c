"""What sources, playbooks and responders stand on, in floors."""
