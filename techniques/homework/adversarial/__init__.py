"""FGSM and a targeted attack within a budget."""
