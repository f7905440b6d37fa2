"""What the prose of the report says, found in the data."""
