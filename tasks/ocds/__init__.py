"""Open Contracting Data Standard: reading a release into a draft, and writing one."""
