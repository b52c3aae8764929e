"""Tenders, sealed bids, evaluation and award."""
