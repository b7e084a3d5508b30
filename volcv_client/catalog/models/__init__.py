"""One declaration per req_key (or family), each in a module of its own that holds ``MODEL``."""
