"""The companion to Anderson et al. 2021: its tables, figures and claims, computed with shalelib."""
