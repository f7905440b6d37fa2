"""What the plot programs share."""
