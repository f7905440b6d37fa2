"""Files: written whole, sealed, verified when read; what results and tables hold."""
