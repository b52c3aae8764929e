"""Exit plans and the hand-over item by item."""
