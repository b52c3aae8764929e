"""The service steps of supplier selection."""
