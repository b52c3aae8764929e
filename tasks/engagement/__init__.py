"""The outsourced service as a whole, from the idea to the closed register."""
