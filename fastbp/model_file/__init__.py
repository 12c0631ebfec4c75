"""The model file: a network in one safetensors file, written whole or not at all."""
