"""The only place of SpiffWorkflow: it runs the lifecycle of tokens; the rules are those of `engine.runtime`."""
