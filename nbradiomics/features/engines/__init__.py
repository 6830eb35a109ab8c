"""The engines that compute features, and what an engine gives."""
