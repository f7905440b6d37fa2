"""The modules that the programs of the study share. Importing the package imports none of them."""
