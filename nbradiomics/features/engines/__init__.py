"""The engines that compute features, and the result that an engine returns."""
