"""The order of approval levels."""
