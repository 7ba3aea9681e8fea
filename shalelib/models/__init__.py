"""Networks, objectives, the z-regulariser, training and translation; the room of torch."""
