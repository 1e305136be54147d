"""The sections of the tour, one a file."""
