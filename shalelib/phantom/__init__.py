"""The digital shale: a rock with known truth, its FIB-SEM, its TXM, and how pairs are cut of it."""
