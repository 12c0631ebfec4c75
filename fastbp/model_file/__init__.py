"""Model files: networks saved as safetensors files, written atomically."""
