"""What leaves a run: model files and lists."""
