"""SpiffWorkflow task specs, one small file per family of elements."""
