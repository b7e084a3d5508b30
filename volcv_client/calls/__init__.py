"""A call from start to result: limiter, retries, cancel, direct calls and tasks, a batch of them."""
