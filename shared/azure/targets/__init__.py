"""What responders act on, and how each is found."""
