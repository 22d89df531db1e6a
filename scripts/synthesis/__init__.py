"""Library shared by the programs in scripts/: plain Python that knows nothing of Snakemake."""
