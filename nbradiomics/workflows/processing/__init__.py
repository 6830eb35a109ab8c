"""The processing study: how much each alteration of a reference pipeline changes the features."""
