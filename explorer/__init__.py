"""An explorer of the latent space of StyleGAN generators."""

__version__ = "0.1.0"
