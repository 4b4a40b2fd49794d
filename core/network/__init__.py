"""Networks in numpy: forward pass, classification, fine-tuning and health checks."""
