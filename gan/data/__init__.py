"""Image sets as tensors: MNIST and others as uint8, the files they come in, their download, and grids of images.

May import: settings and limits alone.
"""
