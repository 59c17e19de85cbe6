"""Models in GGUF files: read from their published format, dequantised once, and kept as a folder of safetensors."""
