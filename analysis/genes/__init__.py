"""Sets of genes, and the genes of ion channels."""
