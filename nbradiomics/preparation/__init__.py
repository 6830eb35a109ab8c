"""Preparation of images before segmentation and features: steps, and a prepared cohort."""
