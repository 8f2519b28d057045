"""Finding capabilities and pipelines: the catalog, the folders it reads, search by words."""
