"""Pages by family, one blueprint each. A view reads input, makes one engine call, redirects or renders."""
