"""The workspace: a folder, and the object people hold that binds catalog, engine and store."""
