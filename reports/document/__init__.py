"""The report as data: one JSON document, its schema, its directory, and what is registered of it."""
