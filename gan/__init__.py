"""LiveGAN: train a GAN on handwritten digits, watch it learn and steer it while it does."""

__version__ = "0.1.0"
