"""From dense layers to convolutions, bilinear upsampling, mean IoU and a small U-Net."""
