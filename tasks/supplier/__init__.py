"""Suppliers: who they are, what they may be invited to."""
