"""Features, classes and spike trains of cells and models."""
