"""Pictures of the sandbox: one module per kind of model, shared tools beside them."""
