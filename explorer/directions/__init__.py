"""Directions of a latent space that mean something: found in labels, in variance or in weights."""
