"""Data: real patches, the digital shale, anyone's own stacks; splits and patches."""
