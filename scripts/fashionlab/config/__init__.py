"""The configuration: files and words merged, and refused where they cannot be run."""
