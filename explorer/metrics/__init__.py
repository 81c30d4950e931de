"""The papers' measures of a generator: from features, latents and labels; knows no files."""
