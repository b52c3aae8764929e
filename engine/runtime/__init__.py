"""BPMN's rules as plain functions over the compiled model and the live records of a scope."""
