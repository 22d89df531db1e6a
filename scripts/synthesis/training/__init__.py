"""Training: what starts the processes, what runs in them, and the store of trained models."""
