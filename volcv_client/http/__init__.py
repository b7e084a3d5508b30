"""HTTP: transport, authentication, downloads, the address guard."""
