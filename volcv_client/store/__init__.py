"""sqlite and files: results, tasks, what was spent."""
