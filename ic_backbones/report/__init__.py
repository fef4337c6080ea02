"""How good a trained detector is, and where it fails: figures, tables and one HTML page."""
