"""Scripts for those who work on LiveGAN; the app needs none of them."""
