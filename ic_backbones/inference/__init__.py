"""Trained models on pictures: from a checkpoint, or from an ONNX file without PyTorch."""
