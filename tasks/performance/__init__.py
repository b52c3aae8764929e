"""Measurements, periodic reviews and service credits."""
