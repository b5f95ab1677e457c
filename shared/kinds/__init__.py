"""The shape of an extension: what a source and a responder are, and how they are found."""
