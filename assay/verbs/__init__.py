"""The verbs: each is a function from what is in a workspace to what it adds, skipped when it is there."""
