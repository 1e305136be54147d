"""Saliency, guided backprop and Grad-CAM."""
