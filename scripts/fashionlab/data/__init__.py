"""Getting, reading and splitting the images."""
