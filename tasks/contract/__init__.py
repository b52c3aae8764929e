"""Contracts, their clauses, KPI definitions and spend."""
