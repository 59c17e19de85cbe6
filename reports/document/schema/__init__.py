"""The published schemas of what is written for machines: claims.schema.json and compare.schema.json."""
