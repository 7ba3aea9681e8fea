"""Data: real patches, the digital shale, anyone's own stacks; splits and patches."""

VERSION = 1  # raise it when the same configuration and seed give other data
