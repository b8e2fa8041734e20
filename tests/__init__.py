"""Every test, mirroring the source tree; `provision` readies the machine for them."""
