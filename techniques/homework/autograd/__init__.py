"""Autograd on a tape."""
