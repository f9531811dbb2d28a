"""Image sets as uint8 tensors (MNIST and others), their files and downloads, and grids of images.

May import only settings and limits.
"""
