"""Compiled float32 arithmetic of small networks, sixteen images side by side in a register."""
