"""Start a workspace from a user's files: `look` at them, `propose` a task and sizes, write the `page`."""
