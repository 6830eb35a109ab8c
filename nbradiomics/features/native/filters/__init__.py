"""Images from which features are computed: the original image and the filtered images."""
