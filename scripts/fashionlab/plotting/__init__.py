"""Figures: curves, points, mosaics and their labels, drawn in one look from a study."""
